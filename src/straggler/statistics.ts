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
export const sortedOf = (values: ArrayLike<number>): ArrayLike<number> =>
  values.length <= FEW ? sortedFew(values) : numbersIn(values).sort();

/** Of a sorted list; NaN of an empty one. */
export const medianOfSorted = (sorted: ArrayLike<number>): number => {
  const { length } = sorted;
  if (length === 0) return Number.NaN;
  const upper = sorted[length >> 1] ?? Number.NaN;
  return length % 2 === 1 ? upper : ((sorted[(length >> 1) - 1] ?? Number.NaN) + upper) / 2;
};

/**
 * The `rank`-th smallest, by C. A. R. Hoare's selection: what lies below it ends up below it, and no more is sorted than
 * that takes. Changes the order of `values`.
 */
const select = (values: Float64Array, rank: number): number => {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] ?? 0;
    let i = low;
    let k = high;
    while (i <= k) {
      while ((values[i] ?? 0) < pivot) i += 1;
      while ((values[k] ?? 0) > pivot) k -= 1;
      if (i > k) break;
      const swapped = values[i] ?? 0;
      values[i] = values[k] ?? 0;
      values[k] = swapped;
      i += 1;
      k -= 1;
    }
    if (rank <= k) high = k;
    else if (rank >= i) low = i;
    else break;
  }
  return values[rank] ?? Number.NaN;
};

const numbersIn = (values: ArrayLike<number>): Float64Array => {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isNaN(value)) kept[count++] = value;
  }
  return kept.subarray(0, count);
};

/** Of an unsorted list, without what is NaN. */
export const median = (values: ArrayLike<number>): number => {
  if (values.length <= FEW) return medianOfSorted(sortedFew(values));
  const numbers = numbersIn(values);
  const { length } = numbers;
  if (length === 0) return Number.NaN;
  const upper = select(numbers, length >> 1);
  if (length % 2 === 1) return upper;
  // After the selection everything below the middle is below it.
  let lower = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length >> 1; i++) lower = Math.max(lower, numbers[i] ?? lower);
  return (lower + upper) / 2;
};

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
  const distances = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) distances[i] = Math.abs((values[i] ?? Number.NaN) - centre);
  return NORMAL_CONSISTENT * median(distances);
};

/** Of an unsorted list, by the nearest rank; NaN of an empty one. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = sortedOf(values);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};
