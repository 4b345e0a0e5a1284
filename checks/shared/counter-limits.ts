import { type Absent, absent, type Counter, type CounterLimit, type NicPort, type Reading } from '../../src/api.ts';
import { median } from './groups.ts';
import { nameOf } from './names.ts';

const WINDOW_SECONDS = { interval: 0, '15m': 900, '1h': 3600, '24h': 86_400 } as const;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

/** `packets/s`: how many seconds the rate is about. */
const secondsOf = (unit: string): number => UNIT_SECONDS[unit.slice(unit.lastIndexOf('/') + 1)] ?? 1;

/** How much growth is tolerated: scaled down to the history that there is, yet one error is never a rate. */
export const tolerated = ({ measure, threshold, unit, window }: CounterLimit, seconds: number): number => {
  const span = WINDOW_SECONDS[window];
  const inWindow = measure === 'rate' ? (threshold * span) / secondsOf(unit) : threshold;
  const share = span === 0 ? 1 : Math.min(1, seconds / span);
  return Math.max(Math.min(1, inWindow), inWindow * share);
};

export const appliesTo = ({ linkLayer }: CounterLimit, port: NicPort): boolean =>
  linkLayer === 'any' || !port.linkLayer.ok || port.linkLayer.value === linkLayer;

/** A counter that grew by more than its limit. */
export interface Excess {
  readonly limit: CounterLimit;
  readonly name: string;
  readonly by: number;
  readonly seconds: number;
  readonly allowed: number;
  /** What the ports like it grew by, in the middle; only where they were compared. */
  readonly siblings?: number;
}

export interface Judged {
  readonly excesses: readonly Excess[];
  /** Why something could not be judged. */
  readonly gap?: Absent;
  /** Counters that were judged. */
  readonly count: number;
}

type Counters = Readonly<Record<string, Counter>>;

interface Growing {
  readonly limits: readonly CounterLimit[];
  /** The ports that should look alike. */
  readonly siblings: readonly NicPort[];
  /** Where the counter of a limit is found. */
  readonly countersOf: (port: NicPort, limit: CounterLimit) => Reading<Counters>;
  /** How many times the growth of its siblings is a port's own. */
  readonly timesSiblings?: number;
}

/** The counters of a port against their limits, and against the ports like it where a limit says so. */
export const judgeGrowth = (port: NicPort, { limits, siblings, countersOf, timesSiblings = 1 }: Growing): Judged => {
  const excesses: Excess[] = [];
  let gap: Absent | undefined;
  let count = 0;
  for (const limit of limits) {
    if (!appliesTo(limit, port)) continue;
    const counters = countersOf(port, limit);
    if (!counters.ok) {
      gap ??= counters;
      continue;
    }
    const names = Object.keys(counters.value).filter((name) => isCalled(name, limit));
    if (names.length === 0) gap ??= missing(port, limit, siblings, countersOf);
    for (const name of names) {
      const growth = counters.value[name]?.increase[limit.window];
      if (growth === undefined) continue;
      if (!growth.ok) {
        gap ??= growth;
        continue;
      }
      count += 1;
      const { by, seconds } = growth.value;
      const allowed = tolerated(limit, seconds);
      if (by <= allowed) continue;
      if (!limit.compareWithSiblings) {
        excesses.push({ limit, name, by, seconds, allowed });
        continue;
      }
      const usual = usualGrowth(siblings, name, limit, countersOf);
      if (usual !== undefined && by <= timesSiblings * usual) continue;
      excesses.push({ limit, name, by, seconds, allowed, ...(usual === undefined ? {} : { siblings: usual }) });
    }
  }
  return { excesses, count, ...(gap === undefined ? {} : { gap }) };
};

const isCalled = (name: string, limit: CounterLimit): boolean => {
  const [start = '', end] = limit.name.split('*');
  if (end === undefined) return name === limit.name;
  return (
    name.startsWith(start) && name.endsWith(end) && /^\d$/.test(name.slice(start.length, name.length - end.length))
  );
};

const usualGrowth = (
  siblings: readonly NicPort[],
  name: string,
  limit: CounterLimit,
  countersOf: Growing['countersOf'],
): number | undefined =>
  median(
    siblings.flatMap((sibling) => {
      const counters = countersOf(sibling, limit);
      const growth = counters.ok ? counters.value[name]?.increase[limit.window] : undefined;
      return growth?.ok === true ? [growth.value.by] : [];
    }),
  );

/** A counter that no port of the model has is the model's; one that its siblings have should be there. */
const missing = (
  port: NicPort,
  limit: CounterLimit,
  siblings: readonly NicPort[],
  countersOf: Growing['countersOf'],
): Absent | undefined => {
  const comparable = siblings.filter((sibling) => appliesTo(limit, sibling));
  const isElsewhere = comparable.some((sibling) => {
    const counters = countersOf(sibling, limit);
    return counters.ok && Object.keys(counters.value).some((name) => isCalled(name, limit));
  });
  return comparable.length === 0 || isElsewhere
    ? absent('unsupported', `${nameOf(port.ref)} has no counter ${limit.name}`)
    : undefined;
};
