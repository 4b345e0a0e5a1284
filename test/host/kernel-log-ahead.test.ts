import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { absent, type KernelRecords, known, type Reading } from '../../src/api.ts';
import { readAhead } from '../../src/host/kernel-log-ahead.ts';

/** A ring that holds so many records and forgets the oldest. */
const ringOf = (holds: number) => {
  const ring: string[] = [];
  let written = 0;
  let lost = 0;
  let failure: Reading<never> | undefined;
  return {
    write: (count: number): void => {
      for (let i = 0; i < count; i += 1) ring.push(String(written++));
      lost += ring.splice(0, Math.max(0, ring.length - holds)).length;
    },
    fail: (why: Reading<never> | undefined): void => {
      failure = why;
    },
    source: {
      poll: (): Reading<KernelRecords> => {
        if (failure !== undefined) return failure;
        const records = known({ lines: ring.splice(0), lost });
        lost = 0;
        return records;
      },
      get lastSequence() {
        return written - ring.length - 1;
      },
    },
  };
};

const sum = (records: readonly Reading<KernelRecords>[]) =>
  records.reduce(
    (total, one) =>
      one.ok ? { lines: total.lines + one.value.lines.length, lost: total.lost + one.value.lost } : total,
    { lines: 0, lost: 0 },
  );

describe('a log that is read once a second', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** So many records every 10 ms for a second, then a poll. */
  const second = (ring: ReturnType<typeof ringOf>, ahead: ReturnType<typeof readAhead>, per10Ms: number) => {
    for (let i = 0; i < 100; i += 1) {
      ring.write(per10Ms);
      vi.advanceTimersByTime(10);
    }
    return ahead.poll();
  };

  it('loses nothing of a flood that the ring alone would not hold, from its second second on', () => {
    const ring = ringOf(1000);
    const ahead = readAhead(ring.source);
    expect(sum([second(ring, ahead, 100)])).toEqual({ lines: 1000, lost: 9000 });
    const later = Array.from({ length: 5 }, () => second(ring, ahead, 100));
    expect(sum(later)).toEqual({ lines: 50_000, lost: 0 });
    ahead.stop();
  });

  it('rests while few records come, and after a flood', () => {
    const ring = ringOf(1000);
    const ahead = readAhead(ring.source);
    second(ring, ahead, 1);
    expect(vi.getTimerCount()).toBe(0);
    second(ring, ahead, 10);
    expect(vi.getTimerCount()).toBe(1);
    for (let i = 0; i < 3; i += 1) second(ring, ahead, 0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds no more than some megabytes, and the rest is counted by the ring', () => {
    const ring = ringOf(1000);
    const ahead = readAhead(ring.source);
    second(ring, ahead, 100);
    for (let i = 0; i < 4000; i += 1) {
      ring.write(100);
      vi.advanceTimersByTime(10);
    }
    const { lines, lost } = sum([ahead.poll()]);
    expect(lines).toBeLessThan(52_000);
    expect(lines + lost).toBe(400_000);
    ahead.stop();
  });

  it('gives out what it had read before the source failed, then the failure', () => {
    const ring = ringOf(1000);
    const ahead = readAhead(ring.source);
    second(ring, ahead, 100);
    ring.write(50);
    vi.advanceTimersByTime(20);
    const last = ring.source.lastSequence;
    ring.fail(absent('failed', 'EIO'));
    vi.advanceTimersByTime(1000);
    expect([sum([ahead.poll()]), ahead.lastSequence]).toEqual([{ lines: 50, lost: 0 }, last]);
    expect(ahead.poll()).toMatchObject({ ok: false, reason: 'failed' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
