/** Robust statistics over plain numbers; what is NaN was not told and is left out by the caller. */

/** A sorted copy of what is a number. */
export const sortedOf = (values: Iterable<number>): Float64Array => {
  const sorted = values instanceof Float64Array ? values.slice().sort() : Float64Array.from(values).sort();
  // NaN sorts to the end.
  let end = sorted.length;
  while (end > 0 && Number.isNaN(sorted[end - 1])) end -= 1;
  return end === sorted.length ? sorted : sorted.subarray(0, end);
};

/** Of a sorted list; NaN of an empty one. */
export const medianOfSorted = (sorted: ArrayLike<number>): number => {
  const { length } = sorted;
  if (length === 0) return Number.NaN;
  const upper = sorted[length >> 1] ?? Number.NaN;
  return length % 2 === 1 ? upper : ((sorted[(length >> 1) - 1] ?? Number.NaN) + upper) / 2;
};

export const median = (values: Iterable<number>): number => medianOfSorted(sortedOf(values));

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
export const robustSpread = (values: Iterable<number>, centre: number): number =>
  NORMAL_CONSISTENT * medianOfSorted(sortedOf(Float64Array.from(values, (value) => Math.abs(value - centre))));

/** Of an unsorted list, by the nearest rank; NaN of an empty one. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = sortedOf(values);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
