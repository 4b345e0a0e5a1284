/**
 * Units of which zero is no floor: a temperature may lie below it, and so may a power on a logarithmic scale; no place in a
 * table is -1, which therefore stands for none.
 */
const BELOW_ZERO: readonly string[] = ['°C', 'dB', 'dBm', 'index'];

interface Range {
  readonly least?: number;
  readonly most?: number;
  /** `must be a number from 0 to 1 (share of time)` */
  readonly words: string;
}

/** Which numbers of a unit make sense: a share is 0 to 1; a count, a rate or a time is not negative. */
export const rangeOf = (unit: string | undefined): Range => {
  const of = unit === undefined ? '' : ` (${unit})`;
  if (unit?.startsWith('share')) return { least: 0, most: 1, words: `must be a number from 0 to 1${of}` };
  if (unit !== undefined && BELOW_ZERO.includes(unit)) return { words: `must be a number${of}` };
  return { least: 0, words: `must be a number of at least 0${of}` };
};
