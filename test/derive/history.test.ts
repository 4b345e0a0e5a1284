import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addTotal, increaseOver, newSeries, type Series } from '../../src/derive/history.ts';

const MINUTE = 60_000;

const seriesOf = (samples: readonly (readonly [minute: number, total: number])[]): Series => {
  const series = newSeries();
  for (const [minute, total] of samples) addTotal(series, minute * MINUTE, total);
  return series;
};

describe('what a counter gained in a window', () => {
  it('is not known from one sample', () => {
    expect(increaseOver(seriesOf([[0, 7]]), '1h')).toMatchObject({ ok: false, reason: 'no-history' });
  });

  it('is the difference to the previous sample for the interval', () => {
    expect(
      increaseOver(
        seriesOf([
          [0, 7],
          [1, 7],
          [3, 9],
        ]),
        'interval',
      ),
    ).toEqual({ ok: true, value: { by: 2, seconds: 120, resets: 0 } });
  });

  it('covers what the history covers, and says how much that is', () => {
    expect(
      increaseOver(
        seriesOf([
          [0, 5],
          [10, 8],
        ]),
        '24h',
      ),
    ).toEqual({ ok: true, value: { by: 3, seconds: 600, resets: 0 } });
  });

  it('is nothing where nothing was gained since long before the window', () => {
    expect(
      increaseOver(
        seriesOf([
          [0, 5],
          [600, 5],
        ]),
        '1h',
      ),
    ).toEqual({ ok: true, value: { by: 0, seconds: 3600, resets: 0 } });
  });

  it('is not known where the last sample before the window is too old to tell when it grew', () => {
    expect(
      increaseOver(
        seriesOf([
          [0, 5],
          [600, 8],
        ]),
        '1h',
      ),
    ).toMatchObject({ ok: false, reason: 'no-history' });
    expect(
      increaseOver(
        seriesOf([
          [0, 5],
          [600, 8],
        ]),
        '24h',
      ),
    ).toMatchObject({ ok: true, value: { by: 3 } });
  });

  it('counts from zero again after a reset', () => {
    expect(
      increaseOver(
        seriesOf([
          [0, 100],
          [1, 110],
          [2, 4],
          [3, 6],
        ]),
        '1h',
      ),
    ).toEqual({
      ok: true,
      value: { by: 16, seconds: 180, resets: 1 },
    });
  });

  it('never is negative, and never more than all that was gained, whatever the counter does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.nat(1000)), { minLength: 2, maxLength: 600 }),
        (steps) => {
          let minute = 0;
          let gained = 0;
          let last: number | undefined;
          const series = newSeries();
          for (const [distance, total] of steps) {
            minute += distance;
            addTotal(series, minute * MINUTE, total);
            if (last !== undefined) gained += total < last ? total : total - last;
            last = total;
          }
          for (const window of ['interval', '15m', '1h', '24h'] as const) {
            const reading = increaseOver(series, window);
            if (!reading.ok) continue;
            expect(reading.value.by).toBeGreaterThanOrEqual(0);
            expect(reading.value.by).toBeLessThanOrEqual(gained);
          }
        },
      ),
    );
  });

  it('costs two samples however long a counter stands still, and stays bounded when it never does', () => {
    const still = newSeries();
    for (let i = 0; i < 10_000; i++) addTotal(still, i * 30_000, 42);
    expect(still.samples.length).toBe(2);
    const busy = newSeries();
    for (let i = 0; i < 20_000; i++) addTotal(busy, i * 30_000, i);
    expect(busy.samples.length).toBeLessThanOrEqual(400);
    const hour = increaseOver(busy, '1h');
    expect(hour.ok && hour.value.seconds / hour.value.by).toBe(30);
  });
});
