import { RULES } from './rules.ts';
import { medianOfSorted, robustSpread } from './statistics.ts';

const { role: ROLE } = RULES;

/** Where sorted loads fall apart: the index of the first of the upper side; undefined where they are one role. */
const splitAt = (sorted: Float64Array): number | undefined => {
  let best: number | undefined;
  let widest: number = ROLE.gap;
  // A lone outlier is never a role: two members on each side at least.
  for (let i = 2; i <= sorted.length - 2; i++) {
    const gap = (sorted[i] ?? 0) - (sorted[i - 1] ?? 0);
    if (gap <= widest) continue;
    widest = gap;
    best = i;
  }
  if (best === undefined) return undefined;
  const spreadOf = (side: Float64Array): number => Math.max(ROLE.spreadFloor, robustSpread(side, medianOfSorted(side)));
  const within = Math.max(spreadOf(sorted.subarray(0, best)), spreadOf(sorted.subarray(best)));
  return widest > ROLE.spreads * within ? best : undefined;
};

/** The borders between roles, lowest first, as loads: a GPU's role is the number of borders below its load. */
export const roleBorders = (loads: Iterable<number>): readonly number[] => {
  const sorted = Float64Array.from(loads).sort();
  const borders: number[] = [];
  const split = (from: number, to: number): void => {
    if (borders.length >= ROLE.max - 1) return;
    const part = sorted.subarray(from, to);
    const at = splitAt(part);
    if (at === undefined) return;
    borders.push(((part[at - 1] ?? 0) + (part[at] ?? 0)) / 2);
    split(from, from + at);
    split(from + at, to);
  };
  split(0, sorted.length);
  return borders.sort((a, b) => a - b);
};

export const roleIndex = (borders: readonly number[], load: number): number => {
  let index = 0;
  while (index < borders.length && load > (borders[index] ?? Number.POSITIVE_INFINITY)) index += 1;
  return index;
};

/**
 * What the job asks of a GPU, by its power without what its clock takes from it. Roles differ in load; a GPU that is held
 * down draws less because it clocks lower, and stays in its role. Logarithmic.
 */
export const loadOf = (logPower: number, logClock: number): number =>
  Number.isNaN(logClock) ? logPower : logPower - RULES.powerOfClock * logClock;
