import type { Absent, Component, Fact, Judgement, KernelEvent, KernelLog, Rule } from '../../src/api.ts';
import type { Details } from './about.ts';
import { dividedByLifetime, iso, recentGap } from './kernel-errors.ts';

/** All that the kernel told under one code and that is not over. */
export interface Incident {
  readonly latest: KernelEvent;
  /** How often, whatever the words. */
  readonly count: number;
  /** One for each name in the field, the latest first: `python3, kcompactd1`. */
  readonly each: (field: string) => readonly string[];
}

/**
 * What the kernel told of the node itself, each kind of it under one code. What users wrote into the log is left out:
 * whoever may write to /dev/kmsg can forge such a line, and it says nothing that one must not overlook.
 */
export const judgeIncidents = <const C extends string>(o: {
  readonly log: Fact<KernelLog>;
  readonly node: Component;
  readonly rules: Readonly<Record<C, Rule>>;
  readonly now: number;
  readonly bootedAt: number;
  readonly codeOf: (event: KernelEvent) => C | undefined;
  readonly details: Readonly<Record<C, (incident: Incident) => Details>>;
}): readonly Judgement<C>[] => {
  const { log, node, rules } = o;
  const codes = Object.keys(rules) as C[];
  const unjudged = (because: Absent) => codes.map((code): Judgement<C> => ({ unjudged: node, code, because }));
  if (!log.ok) return unjudged(log);
  const assessed = log.value.events.flatMap((event) => {
    const code = event.fromKernel ? o.codeOf(event) : undefined;
    return code === undefined ? [] : [{ event, code, override: {} }];
  });
  const { open } = dividedByLifetime(assessed, rules, o);
  const gap = recentGap(log.value, o.now);
  return codes.map((code): Judgement<C> => {
    const events = open.filter((one) => one.code === code).map(({ event }) => event);
    const [latest, ...earlier] = events.sort((a, b) => b.at - a.at);
    if (latest === undefined) return gap === undefined ? { pass: node, code } : { unjudged: node, code, because: gap };
    const all = [latest, ...earlier];
    const count = all.reduce((sum, { repeats }) => sum + repeats, 0);
    const firstAt = Math.min(...all.map((event) => event.firstAt));
    const each = (field: string) => [...new Set(all.flatMap(({ fields }) => fields[field] ?? []))];
    const details = o.details[code]({ latest, count, each });
    const evidence = { ...details.evidence, count, first_at: iso(firstAt), last_at: iso(latest.at), text: latest.text };
    return { finding: { component: node, code, ...details, evidence, at: latest.at, firstAt } };
  });
};

/** `once`, `3 times`. */
export const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

const MOST_NAMES = 3;

/** `python3, slurmd, dd and 4 more`. */
export const listed = (names: readonly string[]): string => {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ');
};
