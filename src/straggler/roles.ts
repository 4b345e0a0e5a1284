import { RULES } from './rules.ts';
import { medianOfSorted, robustSpread } from './statistics.ts';

const { role: ROLE } = RULES;

const spreadOf = (loads: Float64Array): number =>
  Math.max(ROLE.spreadFloor, robustSpread(loads, medianOfSorted(loads)));

/**
 * Indexes at which sorted loads fall apart: wherever there is a gap, less the gaps beside a lone outlier, which is never a
 * role, and those that are not wide against the spread on either side.
 */
const cutsIn = (sorted: Float64Array): readonly number[] => {
  const gapAt = (i: number): number => (sorted[i] ?? 0) - (sorted[i - 1] ?? 0);
  const cuts: number[] = [];
  for (let i = 1; i < sorted.length; i++) if (gapAt(i) > ROLE.gap) cuts.push(i);
  for (;;) {
    const bounds = [0, ...cuts, sorted.length];
    let worst: number | undefined;
    for (const [k, cut] of cuts.entries()) {
      const below = sorted.subarray(bounds[k], cut);
      const above = sorted.subarray(cut, bounds[k + 2]);
      const isReal =
        Math.min(below.length, above.length) >= 2 &&
        gapAt(cut) > ROLE.spreads * Math.max(spreadOf(below), spreadOf(above));
      if (!isReal && (worst === undefined || gapAt(cut) < gapAt(cuts[worst] ?? 0))) worst = k;
    }
    if (worst === undefined) return cuts;
    cuts.splice(worst, 1);
  }
};

/** The borders between roles, lowest first, as loads: a GPU's role is the number of borders below its load. */
export const roleBorders = (loads: readonly number[]): readonly number[] => {
  const sorted = Float64Array.from(loads).sort();
  return cutsIn(sorted)
    .slice(0, ROLE.max - 1)
    .map((cut) => ((sorted[cut - 1] ?? 0) + (sorted[cut] ?? 0)) / 2);
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
