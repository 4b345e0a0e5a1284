/** Items by a key, in the order in which the keys first appear. */
export const groupBy = <T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> => {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

/** The value that occurs most often; undefined where two occur equally often, or there is none. */
export const majorityOf = <T extends string | number>(values: readonly T[]): T | undefined => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  return first === undefined || first[1] === second?.[1] ? undefined : first[0];
};

/** The number that occurs most often; the larger where two occur equally often. */
export const usualNumber = (values: readonly number[]): number | undefined =>
  majorityOf([...values].sort((a, b) => b - a)) ??
  // Of a tie the larger: a part that can do more shows what the others should do.
  (values.length === 0 ? undefined : Math.max(...values));

export const median = (values: readonly number[]): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[middle - 1];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
};
