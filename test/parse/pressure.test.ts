import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stall } from '../../src/parse/pressure.ts';

const CPU = `some avg10=12.45 avg60=8.00 avg300=0.53 total=8932145672
full avg10=0.00 avg60=0.00 avg300=0.00 total=0
`;

describe('a file of /proc/pressure', () => {
  it('gives the averages of its some line as ratios', () => {
    expect(stall(CPU)).toEqual({
      ok: true,
      value: { avg60: { ok: true, value: 0.08 }, avg300: { ok: true, value: 0.0053 } },
    });
  });

  it('of a kernel before 5.13 has no full line for the CPU', () => {
    expect(stall(CPU.split('\n')[0] ?? '')).toMatchObject({ ok: true });
  });

  it.each([
    ['nothing', ''],
    ['the full line alone', 'full avg10=1.00 avg60=2.00 avg300=3.00 total=4\n'],
    ['a line cut short', 'some avg10=12.45 avg6'],
    ['binary', '\u0000\u0001some'],
  ])('that is %s is an absence', (_, text) => {
    expect(stall(text)).toMatchObject({ ok: false, reason: 'failed' });
  });

  it.each(['-1.00', '100.01', 'nan', '', '1e2', '0x10'])('never makes a ratio of avg60=%s', (value) => {
    const read = stall(`some avg10=0.00 avg60=${value} avg300=1.00 total=1\n`);
    expect(read.ok && read.value.avg60.ok).toBe(false);
  });

  it('never throws, and never gives more than the whole time', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `some avg60=${text} avg300=${text}`),
        ),
        (text) => {
          const read = stall(text);
          for (const one of read.ok ? [read.value.avg60, read.value.avg300] : [])
            if (one.ok) expect(one.value >= 0 && one.value <= 1).toBe(true);
        },
      ),
    );
  });
});
