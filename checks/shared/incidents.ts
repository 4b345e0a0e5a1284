import type { Component, KernelEvent, Rule, Severity } from '../../src/api.ts';
import { groupBy } from './groups.ts';
import { type Assessed, areClose, compareSeverity } from './kernel-errors.ts';

/** All that one part said under one number and one code: a line of a thousand repeats and its variants are one strand. */
export interface Strand<C extends string> {
  readonly component: Component;
  readonly number: number | undefined;
  readonly code: C;
  readonly severity: Severity;
  /** The latest; `firstAt` to `at` is the time of all. */
  readonly event: KernelEvent;
  readonly members: readonly Assessed<C>[];
}

/** What led to the rest of an incident, and the rest. */
export interface Incident<C extends string> {
  readonly cause: Strand<C>;
  readonly sequels: readonly Strand<C>[];
}

const strandOf = <C extends string>(
  members: readonly Assessed<C>[],
  rules: Readonly<Record<C, Rule>>,
): Strand<C> | undefined => {
  const [latest] = [...members].sort((a, b) => b.event.at - a.event.at);
  if (latest === undefined) return undefined;
  const [severity] = members
    .map(({ override, code }) => override.severity ?? rules[code].severity)
    .sort((a, b) => compareSeverity(b, a));
  return {
    component: latest.event.component,
    number: latest.event.code,
    code: latest.code,
    severity: severity ?? 'INFO',
    event: { ...latest.event, firstAt: Math.min(...members.map(({ event }) => event.firstAt)) },
    members,
  };
};

/**
 * One incident, one cause: a GPU that falls off the bus ends the job, and every other GPU of the job says so, too.
 * `explains` tells whether one strand is why another may have come about; both must be of one time. Of several causes
 * that of the same part counts, then the graver, then the earlier.
 */
export const incidentsOf = <C extends string>(
  assessed: readonly Assessed<C>[],
  rules: Readonly<Record<C, Rule>>,
  explains: (cause: Strand<C>, sequel: Strand<C>) => boolean,
): readonly Incident<C>[] => {
  const strands = [
    ...groupBy(assessed, ({ event, code }) => `${event.component.key}|${event.code}|${code}`).values(),
  ].flatMap((members) => strandOf(members, rules) ?? []);
  const causeOf = new Map(strands.map((one) => [one, nearestCause(one)]));
  const sequels = groupBy(
    strands.filter((one) => rootOf(one) !== one),
    rootOf,
  );
  return strands.filter((one) => rootOf(one) === one).map((cause) => ({ cause, sequels: sequels.get(cause) ?? [] }));

  function nearestCause(sequel: Strand<C>): Strand<C> | undefined {
    const isOwn = ({ component }: Strand<C>): number => Number(component.key === sequel.component.key);
    return strands
      .filter((one) => one !== sequel && areClose(one.event, sequel.event) && explains(one, sequel))
      .sort(
        (a, b) => isOwn(b) - isOwn(a) || compareSeverity(b.severity, a.severity) || a.event.firstAt - b.event.firstAt,
      )[0];
  }

  /** Causes have causes. Two that explain each other both stand. */
  function rootOf(one: Strand<C>): Strand<C> {
    const seen = new Set([one]);
    let root = one;
    for (let next = causeOf.get(root); next !== undefined; next = causeOf.get(root)) {
      if (seen.has(next)) return one;
      seen.add(next);
      root = next;
    }
    return root;
  }
};
