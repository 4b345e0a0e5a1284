/** The next number in [0, 1). */
export type Random = () => number;

/** FNV-1a over a key with a salt: four of them seed one generator. */
const hash = (key: string, salt: number): number => {
  let h = 0x811c9dc5 ^ salt;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) | 0;
};

/** sfc32 (Chris Doty-Humphrey, PractRand, public domain): one stream a key, the same on every machine. */
export const randomOf = (key: string): Random => {
  let a = hash(key, 1);
  let b = hash(key, 2);
  let c = hash(key, 3);
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
};

export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

export const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

/** Quantiles at equal steps of probability: a draw costs one look-up instead of a logarithm and a root. */
const quantiles = (size: number, quantile: (p: number) => number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => quantile((i + 0.5) / size));

/** Acklam's rational approximation of the normal quantile, relative error below 1.2e-9. */
const normalQuantile = (p: number): number => {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return (
      (((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
        q +
        2.938163982698783) /
      ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
    );
  }
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r -
      3.066479806614716e1) *
      r +
      2.506628277459239) *
      q) /
    (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r -
      1.328068155288572e1) *
      r +
      1)
  );
};

/** Student's t with four degrees of freedom, in closed form (Shaw 2006), divided by √2 to unit variance. */
const heavyTailedQuantile = (p: number): number => {
  const alpha = Math.sqrt(4 * p * (1 - p));
  const q = Math.cos(Math.acos(alpha) / 3) / alpha;
  return Math.sign(p - 0.5) * Math.sqrt(2 * Math.max(0, q - 1));
};

const SIZE = 65_536;
const NORMAL = quantiles(SIZE, normalQuantile);
const HEAVY = quantiles(SIZE, heavyTailedQuantile);

/** Mean 0, variance 1. */
export const normal = (random: Random): number => NORMAL[Math.floor(random() * SIZE)] as number;

/** Mean 0, variance 1, with the tails of Student's t of four degrees of freedom. */
export const heavyTailed = (random: Random): number => HEAVY[Math.floor(random() * SIZE)] as number;
