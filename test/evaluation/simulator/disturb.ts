import { between, type Random } from './random.ts';
import type { JobSpec } from './spec.ts';

const ABSENT = 0;

/** By how many seconds late a node answers a scrape, 1 ms at least; 0 where it does not. */
export type Answer = (seconds: number) => number;

/** Lost scrapes, hanging nvidia-smi, nodes that come and go. A stalled call answers late, the ones behind it not at all. */
export const answersOf = (spec: JobSpec, position: number, random: Random): Answer => {
  const { lostScrapes, stallsPerHour, joins, leaves } = spec.disturbances;
  const joinsAt = joins.find(({ node }) => node === position)?.atSeconds ?? 0;
  const leavesAt = leaves.find(({ node }) => node === position)?.atSeconds ?? Number.POSITIVE_INFINITY;
  const stallChance = (stallsPerHour * spec.intervalSeconds) / 3600;
  let freeAt = 0;
  return (seconds) => {
    const draw = random();
    if (seconds < joinsAt || seconds >= leavesAt || seconds < freeAt || draw < lostScrapes) return ABSENT;
    if (draw < lostScrapes + stallChance) {
      const late = between(random, 5, 40);
      freeAt = seconds + late;
      return late;
    }
    return 0.001 + 0.03 * draw;
  };
};
