import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openEventLog } from '../../src/store/event-log.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { eventAt, idsOf, messagesOf, segmentFiles, stored } from './events.ts';

const TEXTS = ['first', 'Übertemperatur 88 °C', 'two\nlines', '{"id":999}', '"quoted" \\ \u2028', 'seventh 🔥', 'last'];

/** Two segments; answers with the bytes of both. */
const twoSegments = async (): Promise<readonly Buffer[]> => {
  const directory = join(temporaryDirectory(), 'events');
  const log = await openEventLog({ directory, segmentBytes: 400 });
  for (const [second, message] of TEXTS.slice(0, 3).entries()) log.append(eventAt(second, { message }));
  await log.flushed();
  const first = segmentFiles(directory).map((file) => readFileSync(file));
  const rest = await openEventLog({ directory, segmentBytes: 1 });
  rest.append(eventAt(3, { message: TEXTS[3] ?? '' }));
  await rest.flushed();
  const large = await openEventLog({ directory, segmentBytes: 100_000 });
  for (const [i, message] of TEXTS.slice(4).entries()) large.append(eventAt(4 + i, { message }));
  await large.flushed();
  const all = segmentFiles(directory).map((file) => readFileSync(file));
  return [Buffer.concat([...first, ...all.slice(first.length, -1)]), all.at(-1) ?? Buffer.alloc(0)];
};

const directoryOf = (segments: readonly Buffer[]): string => {
  const directory = join(temporaryDirectory(), 'events');
  mkdirSync(directory);
  for (const [i, bytes] of segments.entries()) {
    writeFileSync(join(directory, `${String(i + 1).padStart(12, '0')}.jsonl`), bytes);
  }
  return directory;
};

const newlinesIn = (bytes: Buffer): number => bytes.filter((byte) => byte === 10).length;

describe('a power loss', () => {
  it('at any byte of the last segment loses no event whose line was finished, and the next append works', async () => {
    const [first = Buffer.alloc(0), last = Buffer.alloc(0)] = await twoSegments();
    expect(newlinesIn(last)).toBeGreaterThanOrEqual(3);
    for (let cut = 0; cut <= last.length; cut += 1) {
      const directory = directoryOf([first, last.subarray(0, cut)]);
      const whole = newlinesIn(first) + newlinesIn(last.subarray(0, cut));
      const log = await openEventLog({ directory });
      expect(log.append(eventAt(60, { message: 'after' })).id, `cut at ${cut}`).toBe(whole + 1);
      expect(await log.flushed()).toBe(true);
      expect(log.status().malformedLines).toBe(0);
      const after = await stored(directory);
      expect(messagesOf(after), `cut at ${cut}`).toEqual([...TEXTS.slice(0, whole), 'after']);
      expect(idsOf(after)).toEqual(Array.from({ length: whole + 1 }, (_, i) => i + 1));
      expect(await log.query({ limit: 100 })).toEqual(after);
    }
  }, 120_000);

  it.each([
    ['zeros behind the last line', Buffer.alloc(4096)],
    ['zeros and a newline', Buffer.from('\0\0\0\n')],
    ['a line that is no JSON', Buffer.from('{"id":5,\n')],
    ['a line without an integer id', Buffer.from('{"id":5.5}\n')],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x80])],
  ])('that leaves %s is not counted as damage and costs nothing', async (_, tail) => {
    const [first = Buffer.alloc(0), last = Buffer.alloc(0)] = await twoSegments();
    const directory = directoryOf([first, Buffer.concat([last, tail])]);
    const log = await openEventLog({ directory });
    expect(log.append(eventAt(60, { message: 'after' })).id).toBe(TEXTS.length + 1);
    expect(await log.flushed()).toBe(true);
    expect(messagesOf(await stored(directory))).toEqual([...TEXTS, 'after']);
    expect(log.status().malformedLines).toBe(0);
    const again = await openEventLog({ directory });
    expect(again.append(eventAt(61)).id).toBe(TEXTS.length + 2);
  });

  it('that leaves only empty segments behind the last event keeps the ids growing', async () => {
    const [first = Buffer.alloc(0)] = await twoSegments();
    const log = await openEventLog({ directory: directoryOf([first, Buffer.alloc(0), Buffer.alloc(512)]) });
    expect(log.append(eventAt(60)).id).toBe(newlinesIn(first) + 1);
  });
});

type Damage = { readonly at: number; readonly bytes: Uint8Array };

const damaged = (bytes: Buffer, damages: readonly Damage[]): { readonly bytes: Buffer; readonly hit: Set<number> } => {
  const copy = Buffer.from(bytes);
  const hit = new Set<number>();
  for (const damage of damages) {
    for (const [i, byte] of damage.bytes.entries()) {
      const at = Math.floor(damage.at * bytes.length) + i;
      if (at >= copy.length) break;
      copy[at] = byte;
      hit.add(at);
    }
  }
  return { bytes: copy, hit };
};

/** The lines whose every byte, and the newline before them, was left alone. */
const untouchedLines = (bytes: Buffer, hit: ReadonlySet<number>): readonly string[] => {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start);
    const isHit = [...hit].some((at) => at >= start - 1 && at <= end);
    if (!isHit) lines.push(bytes.subarray(start, end).toString());
    start = end + 1;
  }
  return lines;
};

describe('a damaged disk', () => {
  it('costs the lines that it hit and no others; opening, appending and reading go on', async () => {
    const segments = await twoSegments();
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bytes: fc.oneof(
        fc.integer({ min: 1, max: 200 }).map((length) => new Uint8Array(length)),
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        fc.constantFrom(...'\n"{}0e-\\').map((character) => new Uint8Array([character.charCodeAt(0)])),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.array(damage, { maxLength: 3 }), fc.array(damage, { maxLength: 3 })),
        async (all) => {
          const parts = segments.map((bytes, i) => damaged(bytes, all[i] ?? []));
          const directory = directoryOf(parts.map(({ bytes }) => bytes));
          const log = await openEventLog({ directory });
          const record = log.append(eventAt(60, { message: 'after' }));
          expect(await log.flushed()).toBe(true);
          const after = await stored(directory);
          expect(after.at(-1)).toEqual(record);
          expect(Math.max(0, ...idsOf(after.slice(0, -1)))).toBeLessThan(record.id);
          const lines = after.map((event) => JSON.stringify(event));
          for (const [i, bytes] of segments.entries())
            expect(lines).toEqual(expect.arrayContaining([...untouchedLines(bytes, parts[i]?.hit ?? new Set())]));
          expect((await openEventLog({ directory })).append(eventAt(61)).id).toBe(record.id + 1);
        },
      ),
      { numRuns: 300 },
    );
  }, 120_000);
});
