import { FEATURES } from './features.ts';
import { RULES } from './rules.ts';
import { median, robustSpread } from './statistics.ts';

/** What a GPU does, and at which clock and power; logarithmic. */
export interface Doing {
  readonly load: number;
  readonly clock: number;
  readonly power: number;
}

const { role: ROLE } = RULES;

const leastOf = (name: string): number => FEATURES.find((feature) => feature.name === name)?.minEffect ?? 0;
const CLOCK = leastOf('sm_clock');
const POWER = leastOf('power');

const middle = (part: readonly Doing[], of: (doing: Doing) => number): number => median(part.map(of));

const spreadOf = (part: readonly Doing[], centre: number): number =>
  Math.max(
    ROLE.spreadFloor,
    robustSpread(
      part.map(({ load }) => load),
      centre,
    ),
  );

/** Who has less to do never clocks lower for it: a group with less clock and less power is held down, and is no role. */
const isHeldDown = (one: readonly Doing[], other: readonly Doing[]): boolean =>
  middle(one, ({ clock }) => clock) < middle(other, ({ clock }) => clock) - CLOCK &&
  middle(one, ({ power }) => power) < middle(other, ({ power }) => power) - POWER;

/** A lone outlier is never a role; two groups stand apart by a gap, and by far more than either is wide. */
const areTwoRoles = (below: readonly Doing[], above: readonly Doing[]): boolean => {
  if (Math.min(below.length, above.length) < 2 || isHeldDown(below, above) || isHeldDown(above, below)) return false;
  const low = middle(below, ({ load }) => load);
  const high = middle(above, ({ load }) => load);
  return high - low > ROLE.spreads * Math.max(spreadOf(below, low), spreadOf(above, high));
};

/** The borders between roles, lowest first, as loads: a GPU's role is the number of borders below its load. */
export const roleBorders = (all: readonly Doing[]): readonly number[] => {
  const sorted = [...all].sort((a, b) => a.load - b.load);
  const loadAt = (i: number): number => sorted[i]?.load ?? 0;
  const gapAt = (i: number): number => loadAt(i) - loadAt(i - 1);
  const cuts: number[] = [];
  for (let i = 1; i < sorted.length; i++) if (gapAt(i) > ROLE.gap) cuts.push(i);
  for (;;) {
    const bounds = [0, ...cuts, sorted.length];
    let weakest: number | undefined;
    for (const [k, cut] of cuts.entries()) {
      if (areTwoRoles(sorted.slice(bounds[k], cut), sorted.slice(cut, bounds[k + 2]))) continue;
      if (weakest === undefined || gapAt(cut) < gapAt(cuts[weakest] ?? 0)) weakest = k;
    }
    if (weakest === undefined) break;
    cuts.splice(weakest, 1);
  }
  return cuts.slice(0, ROLE.max - 1).map((cut) => (loadAt(cut - 1) + loadAt(cut)) / 2);
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
