/** Robust statistics over plain numbers; what is NaN was not told and is left out by the caller. */

/** Up to here inserting beats the sort of a typed array, whose allocation alone costs more. */
const FEW = 24;

const sortedFew = (values: ArrayLike<number>): number[] => {
  const sorted: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    let k = sorted.length;
    while (k > 0 && (sorted[k - 1] ?? 0) > value) {
      sorted[k] = sorted[k - 1] ?? 0;
      k -= 1;
    }
    sorted[k] = value;
  }
  return sorted;
};

/** A sorted copy of what is a number. */
export const sortedOf = (values: ArrayLike<number>): ArrayLike<number> => {
  if (values.length <= FEW) return sortedFew(values);
  const sorted = new Float64Array(values.length);
  let kept = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isNaN(value)) sorted[kept++] = value;
  }
  return sorted.subarray(0, kept).sort();
};

/** Of a sorted list; NaN of an empty one. */
export const medianOfSorted = (sorted: ArrayLike<number>): number => {
  const { length } = sorted;
  if (length === 0) return Number.NaN;
  const upper = sorted[length >> 1] ?? Number.NaN;
  return length % 2 === 1 ? upper : ((sorted[(length >> 1) - 1] ?? Number.NaN) + upper) / 2;
};

export const median = (values: ArrayLike<number>): number => medianOfSorted(sortedOf(values));

/** The median of a sorted list without one element of this value. */
export const medianOfOthers = (sorted: ArrayLike<number>, value: number): number => {
  const { length } = sorted;
  if (length < 2 || Number.isNaN(value)) return Number.NaN;
  const middle = length >> 1;
  const at = (i: number): number => sorted[i] ?? Number.NaN;
  // Where it stood decides which of the middle ones are left in the middle.
  if (length % 2 === 0) return value <= at(middle - 1) ? at(middle) : at(middle - 1);
  if (value > at(middle)) return (at(middle - 1) + at(middle)) / 2;
  return value < at(middle) ? (at(middle) + at(middle + 1)) / 2 : (at(middle - 1) + at(middle + 1)) / 2;
};

/** Makes the median absolute deviation of normal noise its standard deviation. */
const NORMAL_CONSISTENT = 1.4826;

/** A standard deviation that up to half of the values cannot spoil: 1.4826 × MAD. */
export const robustSpread = (values: ArrayLike<number>, centre: number): number => {
  const distances = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) distances[i] = Math.abs((values[i] ?? Number.NaN) - centre);
  return NORMAL_CONSISTENT * medianOfSorted(sortedOf(distances));
};

/** Of an unsorted list, by the nearest rank; NaN of an empty one. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = sortedOf(values);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};
