import { describe, expect, it } from 'vitest';
import { percent } from '../../../checks/shared/sizes.ts';

describe('a share in percent', () => {
  it.each([
    [1, '100 %'],
    [0.997, '99.7 %'],
    [0.0344, '3.4 %'],
    [0.01, '1 %'],
    [0.00344, '0.34 %'],
    [0.000344, '0.034 %'],
    [0.000000001, '0 %'],
    [0, '0 %'],
    [-0.123, '-12.3 %'],
  ])('%d is %s', (share, text) => {
    expect(percent(share)).toBe(text);
  });
});
