/** The same number for the same words and counts in every run, evenly spread over 0–1. */
export const uniform = (...parts: readonly number[]): number => {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
};

/** About normal with a standard deviation of 1: four even numbers have a variance of a third. */
export const normal = (...parts: readonly number[]): number =>
  ([0, 1, 2, 3].reduce((sum, part) => sum + uniform(...parts, part), 0) - 2) * Math.sqrt(3);
