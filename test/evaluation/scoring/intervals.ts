/** The 95 % interval of an estimate. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/** Wilson's score interval of a share (Wilson 1927); nothing observed says nothing. */
export const wilson = (hits: number, of: number): Interval => {
  if (of <= 0) return { low: 0, high: 1 };
  const share = hits / of;
  const z2 = Z * Z;
  const centre = share + z2 / (2 * of);
  const half = Z * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  const scale = 1 + z2 / of;
  return { low: Math.max(0, (centre - half) / scale), high: Math.min(1, (centre + half) / scale) };
};

/** ln of Poisson's probability of at most `count` events where `mean` are expected, summed from the largest term. */
const atMost = (count: number, mean: number): number => {
  if (mean <= 0) return 1;
  let term = -mean;
  let sum = 0;
  for (let k = 0; k <= count; k++) {
    if (k > 0) term += Math.log(mean / k);
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
};

const ROUNDS = 100;

/** The mean at which a falling function of it reaches `target`. */
const solve = (falling: (mean: number) => number, target: number, upper: number): number => {
  let [low, high] = [0, upper];
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2;
    if (falling(middle) > target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** The exact interval of the mean of a Poisson count (Garwood 1936). */
export const poisson = (count: number): Interval => {
  const upper = count + 10 * Math.sqrt(count + 1) + 20;
  return {
    low: count === 0 ? 0 : solve((mean) => atMost(count - 1, mean), 0.975, upper),
    high: solve((mean) => atMost(count, mean), 0.025, upper),
  };
};

/** The smallest value with at least this share of the values at or below it; NaN of nothing. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};
