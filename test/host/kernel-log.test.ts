import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKernelLogReader, type KernelLogOptions } from '../../src/host/kernel-log.ts';
import { noKernelDevice } from '../support/kernel-device.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const fileOf = (text: string): string => {
  const file = join(temporaryDirectory(), 'kmsg');
  writeFileSync(file, text);
  return file;
};
const readerOf = (path: string, o: KernelLogOptions = {}) => {
  const reader = createKernelLogReader(path, o);
  onTestFinished(reader.close);
  const lines = (): readonly string[] => {
    const records = reader.poll();
    return records.ok ? records.value.lines : [`${records.reason}: ${records.detail}`];
  };
  return { reader, lines };
};
const record = (sequence: number, text = 'NVRM: Xid'): string => `4,${sequence},${sequence * 1000},-;${text}`;

describe('a regular file as the kernel log', () => {
  it('is read on from where it was left', () => {
    const file = fileOf('a\nb\n');
    const { lines } = readerOf(file);
    expect([lines(), lines()]).toEqual([['a', 'b'], []]);
    appendFileSync(file, 'c\r\n\nd\n');
    expect([lines(), lines()]).toEqual([['c', 'd'], []]);
  });

  it('keeps a line that is being written until it is finished', () => {
    const file = fileOf('a\nNVRM: Xid 7');
    const { lines } = readerOf(file);
    expect(lines()).toEqual(['a']);
    appendFileSync(file, '9\n');
    expect(lines()).toEqual(['NVRM: Xid 79']);
  });

  it('takes a last line without newline when nobody writes any more', () => {
    const file = fileOf('a\nb');
    utimesSync(file, 1, 1);
    const { lines } = readerOf(file);
    expect([lines(), lines()]).toEqual([['a', 'b'], []]);
  });

  it('is read from the start again after it was truncated', () => {
    const file = fileOf('a\nb\n');
    const { lines } = readerOf(file);
    lines();
    truncateSync(file, 0);
    expect(lines()).toEqual([]);
    appendFileSync(file, 'c\n');
    expect(lines()).toEqual(['c']);
  });

  it('is read to its end and then anew when it was replaced', () => {
    const file = fileOf('a\n');
    const { lines } = readerOf(file);
    lines();
    appendFileSync(file, 'b\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'c\n');
    expect([lines(), lines()]).toEqual([['b', 'c'], []]);
    rmSync(file);
    expect(lines()).toEqual([]);
    writeFileSync(file, 'd\n');
    expect(lines()).toEqual(['d']);
  });

  it('gives a flood in bounded pieces and loses nothing', () => {
    const all = Array.from({ length: 1000 }, (_, i) => `line ${i}`);
    const { lines } = readerOf(fileOf(`${all.join('\n')}\n`), { maxRecords: 300 });
    const pieces = [lines(), lines(), lines(), lines(), lines()];
    expect([pieces.map((piece) => piece.length), pieces.flat()]).toEqual([[300, 300, 300, 100, 0], all]);
  });

  it('leaves out what was read before a restart', () => {
    const file = fileOf([1, 2, 3, 4].map((n) => `${record(n)}\n`).join(''));
    const { reader, lines } = readerOf(file, { fromSequence: 2 });
    expect([lines(), reader.lastSequence]).toEqual([[record(3), record(4)], 4]);
  });

  it('counts what the file no longer holds of what was not read, and believes no gap inside it', () => {
    const cut = fileOf([7, 8, 12].map((n) => `${record(n)}\n`).join(''));
    expect(readerOf(cut, { fromSequence: 2 }).reader.poll()).toMatchObject({
      value: { lines: [record(7), record(8), record(12)], lost: 4 },
    });
    const whole = fileOf([1, 2, 6].map((n) => `${record(n)}\n`).join(''));
    expect(readerOf(whole, { fromSequence: 2 }).reader.poll()).toMatchObject({
      value: { lines: [record(6)], lost: 0 },
    });
  });

  it('counts what a rotation took away unread', () => {
    const file = fileOf(`${record(1)}\n`);
    const { reader, lines } = readerOf(file);
    lines();
    writeFileSync(`${file}.new`, `${record(5)}\n`);
    renameSync(`${file}.new`, file);
    expect(reader.poll()).toMatchObject({ value: { lines: [record(5)], lost: 3 } });
    expect(reader.poll()).toMatchObject({ value: { lines: [], lost: 0 } });
  });

  it('does not believe a number of another boot', () => {
    const file = fileOf([1, 2].map((n) => `${record(n)}\n`).join(''));
    const { reader } = readerOf(file, { fromSequence: 900 });
    expect(reader.poll()).toEqual({ ok: true, value: { lines: [record(1), record(2)], lost: 0 } });
    expect(reader.lastSequence).toBe(2);
  });

  it('without numbers has none to go on from', () => {
    const { reader, lines } = readerOf(fileOf('[ 1.5] NVRM: Xid\n'));
    lines();
    expect(reader.lastSequence).toBeUndefined();
  });

  it('gives each line once, however the writes and the reads fall', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 64 }),
        (pieces, maxBytes) => {
          const file = fileOf('');
          const reader = createKernelLogReader(file, { maxBytes });
          const got: string[] = [];
          const poll = (): number => {
            const records = reader.poll();
            if (!records.ok) throw new Error(records.detail);
            got.push(...records.value.lines);
            return records.value.lines.length;
          };
          for (const piece of [...pieces, '\n']) {
            appendFileSync(file, piece);
            poll();
          }
          for (let i = 0; i < 2000; i += 1) poll();
          reader.close();
          const written = pieces
            .join('')
            .split('\n')
            .map((line) => line.replace(/\r$/, ''))
            .filter((line) => line !== '');
          expect(got).toEqual(written);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a kernel log that cannot be read', () => {
  it('is missing, until it appears', () => {
    const file = join(temporaryDirectory(), 'kmsg');
    const { lines } = readerOf(file);
    expect(lines()).toEqual([`no-device: ${file}: not there`]);
    writeFileSync(file, 'a\n');
    expect(lines()).toEqual(['a']);
  });

  it('is a directory', () => {
    const directory = join(temporaryDirectory(), 'kmsg');
    mkdirSync(directory);
    expect(readerOf(directory).lines()).toEqual([
      expect.stringMatching(/^failed: .*neither a device nor a regular file/),
    ]);
  });

  it.skipIf(process.platform === 'win32')('is a device that reads nothing, as a container puts in its place', () => {
    expect(readerOf('/dev/null').lines()).toEqual([expect.stringMatching(/^denied: .*opens but reads nothing/)]);
  });
});

describe.skipIf(noKernelDevice !== undefined)(`/dev/kmsg itself (${noKernelDevice ?? 'root'})`, () => {
  it('gives what the ring holds, then what is new, with its number', () => {
    const marker = `muster-test ${process.pid}-${Date.now()}`;
    const { reader, lines } = readerOf('/dev/kmsg');
    expect(lines().length).toBeGreaterThan(0);
    for (let i = 0; i < 100 && lines().length > 0; i += 1);
    const before = reader.lastSequence ?? Number.NaN;
    writeFileSync('/dev/kmsg', `<4>${marker}\n`);
    const mine = lines().filter((line) => line.includes(marker));
    expect(mine).toEqual([expect.stringMatching(/^12,\d+,\d+,-;muster-test /)]);
    expect(reader.lastSequence).toBeGreaterThan(before);

    const resumed = readerOf('/dev/kmsg', { fromSequence: before });
    expect(resumed.reader.poll()).toMatchObject({ ok: true, value: { lines: expect.arrayContaining(mine), lost: 0 } });
  });

  it('does not believe a number of another boot', () => {
    const whole = readerOf('/dev/kmsg').lines();
    expect(readerOf('/dev/kmsg', { fromSequence: Number.MAX_SAFE_INTEGER }).lines().length).toBeGreaterThanOrEqual(
      whole.length,
    );
  });

  it('is given in bounded pieces', () => {
    expect(readerOf('/dev/kmsg', { maxRecords: 2 }).lines()).toHaveLength(2);
  });
});

it('is refused where a regular file lies over the device', () => {
  const path = join(temporaryDirectory(), 'kmsg');
  writeFileSync(path, '');
  expect(createKernelLogReader(path, { deviceOnly: true }).poll()).toMatchObject({ ok: false, reason: 'denied' });
  expect(createKernelLogReader(path).poll()).toMatchObject({ ok: true });
});
