import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { minutesOf } from '../../../src/collectors/query-log/minutes.ts';
import { nodeOfFile } from '../../../src/collectors/query-log/node-name.ts';
import { type LogNotes, openQueryLog, type QueryLog } from '../../../src/collectors/query-log/query-log.ts';
import { HEADER, logLines, logText } from '../../support/query-log.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const written = (text: string | Buffer, name = 'node-1.csv'): string => {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, text);
  return path;
};

interface Taken {
  readonly node: string;
  readonly index: number | undefined;
  readonly at: number;
  readonly minute: number;
}

const opened = async (path: string, o: { chunkBytes?: number; offsetMs?: number } = {}): Promise<QueryLog> => {
  const log = await openQueryLog({ node: nodeOfFile(path), path, chunkBytes: 4096, ...o });
  if (!log.ok) throw new Error(log.detail);
  return log.value;
};

/** Everything that the logs say, with the minute in which it was handed over. */
const readAll = async (logs: readonly QueryLog[]): Promise<{ taken: Taken[]; minutes: number[] }> => {
  const taken: Taken[] = [];
  const minutes: number[] = [];
  let since = 0;
  for await (const minute of minutesOf(logs, (node, { index }, { at }) =>
    taken.push({ node, index, at, minute: -1 }),
  )) {
    minutes.push(minute);
    for (; since < taken.length; since += 1) taken[since] = { ...(taken[since] as Taken), minute };
  }
  return { taken, minutes };
};

const readText = async (
  text: string | Buffer,
  chunkBytes?: number,
): Promise<{ taken: Taken[]; minutes: number[]; notes: LogNotes }> => {
  const log = await opened(written(text), chunkBytes === undefined ? {} : { chunkBytes });
  const all = await readAll([log]);
  return { ...all, notes: log.notes() };
};

const refusal = async (text: string | Buffer): Promise<{ reason: string; detail: string }> => {
  const log = await openQueryLog({ node: 'node-1', path: written(text), chunkBytes: 4096 });
  if (log.ok) throw new Error('it was taken for a log');
  return log;
};

const WHOLE = logText({ node: 1, gpus: 4, minutes: 3 });
const LINES = logLines({ node: 1, gpus: 4, minutes: 3 });
const T0 = Date.UTC(2026, 10, 26, 14, 0);
const times = (taken: readonly Taken[]): readonly number[] => taken.map(({ at }) => at);

describe('a log', () => {
  test.each([1, 7, 100, 4096, 1e6])('is read whole in parts of %i bytes', async (chunkBytes) => {
    const { taken, minutes, notes } = await readText(WHOLE, chunkBytes);
    expect(taken).toHaveLength(LINES.length);
    expect(minutes).toEqual([T0 + 60_000, T0 + 120_000, T0 + 180_000]);
    expect(taken.every(({ at, minute }) => at < minute && at >= minute - 60_000)).toBe(true);
    expect(notes).toMatchObject({ usable: LINES.length, damaged: 0, strays: 0, setBack: [] });
  });

  test.each([
    ['with CRLF', WHOLE.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\ufeff${WHOLE}`],
    ['in quotes, as spreadsheets write it', WHOLE.replaceAll(/[^,\n]+/g, (field) => `"${field.trim()}"`)],
    ['with empty lines', WHOLE.replaceAll('\n', '\n\n')],
    ['whose logger was started again', WHOLE.replace(LINES[20] ?? '', `${HEADER}\n${LINES[20]}`)],
  ])('%s is the same log', async (_, text) => {
    const { taken, notes } = await readText(text);
    expect(times(taken)).toEqual(times((await readText(WHOLE)).taken));
    expect(notes.damaged).toBe(0);
  });

  test('whose logger was started again with other columns goes on', async () => {
    const other =
      'utilization.gpu [%], index, timestamp\n50, 0, 2026/11/26 14:03:10.000\n50, 0, 2026/11/26 14:03:20.000\n';
    const { taken, notes } = await readText(WHOLE + other);
    expect(taken).toHaveLength(LINES.length + 2);
    expect(notes.damaged).toBe(0);
  });

  test('loses the lines that are cut, and counts them', async () => {
    const text = WHOLE.replace(LINES[10] ?? '', (LINES[10] ?? '').slice(0, 60)).slice(0, -30);
    const { taken, notes } = await readText(text);
    expect(taken).toHaveLength(LINES.length - 2);
    expect(notes).toMatchObject({ damaged: 2, firstDamaged: { line: 12, why: '3 fields, the header has 12' } });
  });

  test('survives what a shell wrote before it, and garbage in the midst of it', async () => {
    const garbage = Buffer.concat([
      Buffer.from(`nohup: ignoring input\n${LINES[0]}\n${HEADER}\n${LINES.slice(0, 40).join('\n')}\n`),
      Buffer.alloc(300_000, 0),
      Buffer.from(`\n${LINES.slice(40).join('\n')}\n`),
    ]);
    const { taken, notes } = await readText(garbage);
    expect(taken).toHaveLength(LINES.length);
    expect(notes.damaged).toBe(3);
    expect(notes.firstDamaged).toEqual({ line: 1, why: 'no header line before it' });
  });

  test('whose clock is set back goes on in time', async () => {
    const before = logLines({ node: 1, gpus: 4, minutes: 10, startsAt: '2026/10/25 02:50' });
    const after = logLines({ node: 1, gpus: 4, minutes: 10, startsAt: '2026/10/25 02:00' });
    const { taken, minutes, notes } = await readText(`${HEADER}\n${[...before, ...after].join('\n')}\n`);
    expect(taken).toHaveLength(before.length + after.length);
    expect(times(taken)).toEqual([...times(taken)].sort((a, b) => a - b));
    expect(minutes).toHaveLength(20);
    expect(notes.setBack).toEqual([3_590_000]);
  });

  test.each(['2099/01/01 00:00:00.000', '1970/01/01 00:00:00.000'])('is not moved by one line of %s', async (time) => {
    const wild = `${time}${(LINES[30] ?? '').slice(23)}`;
    const { taken, minutes, notes } = await readText(WHOLE.replace(LINES[30] ?? '', wild));
    expect(taken).toHaveLength(LINES.length - 1);
    expect(minutes).toHaveLength(3);
    expect(notes.strays).toBe(1);
  });

  test('with a first line of a wrong time is not moved either', async () => {
    const wild = `2099/01/01 00:00:00.000${(LINES[0] ?? '').slice(23)}`;
    const { taken, minutes } = await readText(WHOLE.replace(LINES[0] ?? '', wild));
    expect(taken).toHaveLength(LINES.length - 1);
    expect(minutes).toHaveLength(3);
  });

  test('that two loggers wrote has each moment once', async () => {
    const doubled = LINES.flatMap((line) => [line, line]);
    const { taken, notes } = await readText(`${HEADER}\n${doubled.join('\n')}\n`);
    expect(taken).toHaveLength(LINES.length);
    expect(notes.strays).toBe(LINES.length);
  });

  describe('that was appended to itself', () => {
    const more = logLines({ node: 1, gpus: 4, minutes: 2, startsAt: '2026/11/26 14:03' }).join('\n');

    test.each([
      ['is judged once', WHOLE + WHOLE, LINES.length, LINES.length],
      ['and again is judged once', WHOLE + WHOLE + WHOLE, LINES.length, 2 * LINES.length],
      ['and went on is judged to its end', `${WHOLE}${WHOLE}${more}\n`, LINES.length + 48, LINES.length],
    ])('%s', async (_, text, usable, repeated) => {
      const { taken, minutes, notes } = await readText(text);
      expect(taken).toHaveLength(usable);
      expect(minutes).toHaveLength(usable / 24);
      expect(notes).toMatchObject({ repeated, strays: 0, setBack: [] });
    });

    test('is known from one whose clock was set back to its beginning', async () => {
      const after = WHOLE.replaceAll(/\d+ MHz/g, '1111 MHz');
      const { taken, notes } = await readText(WHOLE + after);
      expect(taken).toHaveLength(2 * LINES.length);
      expect(notes).toMatchObject({ repeated: 0, setBack: [170_000] });
    });
  });

  test('with a silence of a day has no minutes for it', async () => {
    const later = logLines({ node: 1, gpus: 4, minutes: 2, startsAt: '2026/11/27 14:00' });
    const { minutes } = await readText(`${WHOLE}${later.join('\n')}\n`);
    expect(minutes).toHaveLength(5);
  });

  test('of one line is one line', async () => {
    expect((await readText(`${HEADER}\n${LINES[0]}\n`)).taken).toHaveLength(1);
  });
});

describe('what is no log says why', () => {
  test.each([
    ['nothing', '', 'is empty'],
    ['a header alone', `${HEADER}\n`, 'has a header, but no line after it'],
    ['lines without a header', `${LINES.join('\n')}\n`, 'has no header line'],
    [
      'lines that are all cut',
      `${HEADER}\n${LINES.map((line) => line.slice(0, 50)).join('\n')}\n`,
      'no usable line (line 2: ',
    ],
    ['a line that is cut', `${HEADER}\n${LINES[0]?.slice(0, 50)}`, 'no usable line (the last one is cut)'],
    ['a query without time', 'index, utilization.gpu [%]\n0, 90 %\n', 'no column timestamp'],
    ['text', 'once upon a time\nthere was a node\n', 'has no header line'],
    ['zeros', Buffer.alloc(1_000_000), 'has no header line'],
  ])('%s', async (_, text, why) => {
    const { reason, detail } = await refusal(text);
    expect(reason).toBe('unsupported');
    expect(detail).toContain('node-1.csv');
    expect(detail).toContain(why);
  });

  test.each([
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'gunzip'],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'unzstd'],
    ['UTF-16', Buffer.from(`\ufeff${WHOLE}`, 'utf16le'), 'iconv'],
  ])('%s names the tool that unpacks it', async (_, bytes, tool) => {
    expect((await refusal(bytes)).detail).toContain(tool);
  });

  test('a directory, and a file that is not there', async () => {
    const directory = temporaryDirectory();
    const open = (path: string) => openQueryLog({ node: 'x', path, chunkBytes: 4096 });
    expect(await open(directory)).toMatchObject({ ok: false, detail: expect.stringContaining('is a directory') });
    expect(await open(join(directory, 'none'))).toMatchObject({ detail: expect.stringContaining('is not there') });
    expect(await open('/dev/null')).toMatchObject({ ok: false, detail: expect.stringContaining('no regular file') });
  });
});

test('several logs go on together, minute by minute', async () => {
  const one = await opened(written(logText({ node: 1, gpus: 4, minutes: 5 }), 'a.csv'));
  const two = await opened(written(logText({ node: 2, gpus: 4, minutes: 5, startsAt: '2026/11/26 14:02' }), 'b.log'));
  const { taken, minutes } = await readAll([one, two]);
  expect(minutes).toHaveLength(7);
  expect(taken.every(({ at, minute }) => at < minute && at >= minute - 60_000)).toBe(true);
  expect(new Set(taken.filter(({ minute }) => minute === T0 + 240_000).map(({ node }) => node))).toEqual(
    new Set(['a', 'b']),
  );
});

test('a log of a clock that is off is moved', async () => {
  const { taken } = await readAll([await opened(written(WHOLE), { offsetMs: -3_600_000 })]);
  expect(taken[0]?.at).toBe(T0 - 3_600_000 + 250);
});

test.each([
  ['/logs/run-7/node-17.csv', 'node-17'],
  ['node-17.rack2.example.com.csv', 'node-17.rack2.example.com'],
  ['node17', 'node17'],
])('the log %s is of node %s', (path, node) => {
  expect(nodeOfFile(path)).toBe(node);
});
