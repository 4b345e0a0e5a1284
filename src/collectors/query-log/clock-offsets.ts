import type { WorkTimes } from './work-times.ts';

/** nvidia-smi prints local time without a zone, so that the clocks of two nodes may say the same moment differently. */
export interface ClockOffset {
  /** Added to the times of the node. 0 where its times differ, but not as those of a clock that is off would. */
  readonly offsetMs: number;
  /** What was seen, in one clause. */
  readonly why: string;
}

const MINUTE_MS = 60_000;
/** Work starts on all nodes of a job within it; clocks that are kept by NTP are much closer. */
const TOLERANCE_MS = 2 * MINUTE_MS;
/** Every zone in use is a multiple of it away from UTC (IANA time zone database). */
const ZONE_STEP_MS = 15 * MINUTE_MS;

const middle = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE_MS;

/** What at least half of the nodes agree on; nothing where there is no such thing. */
const agreed = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  const usual = middle(known);
  if (usual === undefined || known.length < 2) return undefined;
  return known.filter((value) => isNear(value, usual)).length * 2 >= known.length ? usual : undefined;
};

const asZone = (differenceMs: number): number => {
  const zone = Math.round(differenceMs / ZONE_STEP_MS) * ZONE_STEP_MS;
  return zone !== 0 && isNear(zone, differenceMs) ? zone : differenceMs;
};

/** One whose clock was set back within the log ends before it begins; it is there at its beginning at least. */
const lastOf = ({ startsAt, endsAt }: WorkTimes): number => Math.max(startsAt, endsAt);

const minutesOf = (ms: number): string => `${Math.round(Math.abs(ms) / MINUTE_MS)} min`;

/**
 * Which nodes of one job have a clock that is off. A clock that is off moves the beginning and the end alike; a node
 * that came later, or left earlier, has only one of them elsewhere, and its times stay as they are.
 */
export const clockOffsetsOf = (nodes: ReadonlyMap<string, WorkTimes>): ReadonlyMap<string, ClockOffset> => {
  const all = [...nodes.values()];
  const usual = {
    busyFrom: agreed(all.map(({ busyFrom }) => busyFrom)),
    busyUntil: agreed(all.map(({ busyUntil }) => busyUntil)),
    startsAt: agreed(all.map(({ startsAt }) => startsAt)),
    endsAt: agreed(all.map(({ endsAt }) => endsAt)),
  };
  const startOfAll = middle(all.map(({ startsAt }) => startsAt)) ?? 0;
  const endOfAll = middle(all.map(lastOf)) ?? 0;

  const offsetOf = (times: WorkTimes): ClockOffset | undefined => {
    const differences = (['busyFrom', 'busyUntil', 'startsAt', 'endsAt'] as const).flatMap((name) => {
      const own = times[name];
      const others = usual[name];
      return own === undefined || others === undefined ? [] : [{ name, ms: others - own }];
    });
    const of = (name: string): number | undefined => differences.find((difference) => difference.name === name)?.ms;
    const beginning = of('busyFrom') ?? of('startsAt');
    const ending = of('busyUntil') ?? of('endsAt');
    const isApart = times.startsAt > endOfAll || lastOf(times) < startOfAll;
    const isLate = of('busyFrom') !== undefined && Math.abs(of('busyFrom') ?? 0) > TOLERANCE_MS;
    if (!isApart && !isLate) return undefined;
    const isOff = beginning !== undefined && Math.abs(beginning) > TOLERANCE_MS;
    if (isOff && ending !== undefined && isNear(beginning, ending)) {
      const offsetMs = asZone(beginning);
      return {
        offsetMs,
        why: `its clock is ${minutesOf(offsetMs)} ${offsetMs < 0 ? 'ahead of' : 'behind'} those of the other nodes: work begins and ends so much ${offsetMs < 0 ? 'later' : 'earlier'}`,
      };
    }
    return {
      offsetMs: 0,
      why: isApart
        ? 'its log does not overlap with those of the other nodes, and nothing in it says by how much its clock is off'
        : `it goes to work ${minutesOf(beginning ?? 0)} ${(beginning ?? 0) < 0 ? 'later' : 'earlier'} than the other nodes, and does not end so; its clock is left as it is`,
    };
  };

  return new Map(
    [...nodes].flatMap(([node, times]) => {
      const offset = offsetOf(times);
      return offset === undefined ? [] : [[node, offset] as const];
    }),
  );
};
