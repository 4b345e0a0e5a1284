import { describe, expect, it } from 'vitest';
import { majorityOf, median, usualNumber } from '../../../checks/shared/groups.ts';

describe('what is usual among several', () => {
  it('is what most of them have', () => {
    expect(usualNumber([400, 200, 200])).toBe(200);
    expect(majorityOf(['a', 'b', 'a'])).toBe('a');
  });

  it('is the larger number of a tie, and no version of one', () => {
    expect(usualNumber([200, 400])).toBe(400);
    expect(majorityOf(['a', 'b'])).toBeUndefined();
  });

  it('is nothing where there is none', () => {
    expect(usualNumber([])).toBeUndefined();
    expect(majorityOf([])).toBeUndefined();
  });

  it('lies in the middle', () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([1, 9, 2, 4])).toBe(3);
    expect(median([7])).toBe(7);
    expect(median([])).toBeUndefined();
  });
});
