import { expect, test } from 'vitest';
import { poisson, quantile, wilson } from './intervals.ts';

// Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('Wilson’s interval of %i of %i', (hits, of, low, high) => {
  expect(wilson(hits, of).low).toBeCloseTo(low, 4);
  expect(wilson(hits, of).high).toBeCloseTo(high, 4);
});

// Half the 2.5 % and 97.5 % quantiles of chi-square with 2n and 2n + 2 degrees of freedom.
test.each([
  [0, 0, 3.6889],
  [1, 0.0253, 5.5716],
  [5, 1.6235, 11.6683],
  [10, 4.7954, 18.3904],
  [100, 81.3636, 121.6268],
])('the exact interval of a Poisson count of %i', (count, low, high) => {
  expect(poisson(count).low).toBeCloseTo(low, 3);
  expect(poisson(count).high).toBeCloseTo(high, 3);
});

test('of nothing nothing is known', () => {
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  expect(quantile([], 0.5)).toBeNaN();
});

test('a quantile is one of the values', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2);
  expect(quantile([4, 1, 3, 2], 0.95)).toBe(4);
});
