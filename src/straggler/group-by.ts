/** Items by a key, in the order in which the keys first appear. */
export const groupBy = <T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

/** How many items each key has. */
export const countBy = <T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, number> => {
  const counts = new Map<K, number>();
  for (const item of items) {
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

/** The most frequent number; of equally frequent ones the largest: what can do more shows what the others should do. */
export const usualOf = (values: Iterable<number>): number | undefined =>
  [...countBy(values, (value) => value)].sort(([a, often], [b, oftenB]) => oftenB - often || b - a)[0]?.[0];
