import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, medianOfOthers, quantile, robustSpread, sortedOf } from '../../src/straggler/statistics.ts';

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 2 });

const plainMedian = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? Number.NaN) + upper) / 2;
};

describe('robust statistics', () => {
  it('gives each value the median of all others', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const sorted = sortedOf(values);
        for (const [i, value] of values.entries())
          expect(medianOfOthers(sorted, value)).toBeCloseTo(plainMedian(values.filter((_, k) => k !== i)), 6);
      }),
    );
  });

  it('leaves out what was not told', () => {
    fc.assert(
      fc.property(numbers, fc.nat(100), (values, holes) => {
        const withHoles = [...values, ...new Array<number>(holes).fill(Number.NaN)];
        expect(median(withHoles)).toBeCloseTo(plainMedian(values), 6);
        expect(sortedOf(withHoles).length).toBe(values.length);
      }),
    );
  });

  it('takes the median of many as of few, of equal ones too', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 25, maxLength: 400 }), (values) => {
        expect(median(values)).toBe(plainMedian(values));
      }),
    );
  });

  it('is not spoilt by a third of the values', () => {
    const healthy = Array.from({ length: 20 }, (_, i) => 100 + (i % 5));
    const spoilt = [...healthy, ...new Array<number>(9).fill(1e9)];
    expect(median(spoilt)).toBeLessThan(105);
    expect(robustSpread(spoilt, median(spoilt))).toBeLessThan(6);
  });

  it('takes quantiles by the nearest rank, and knows none of nothing', () => {
    expect(quantile([5, 1, 4, 2, 3], 0.05)).toBe(1);
    expect(quantile([5, 1, 4, 2, 3], 1)).toBe(5);
    expect(quantile([], 0.5)).toBeNaN();
    expect(median([])).toBeNaN();
  });
});
