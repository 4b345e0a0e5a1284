import type {
  Component,
  Finding,
  Judgement,
  KernelEvent,
  KernelEventKind,
  KernelLog,
  Reading,
  Rule,
  Severity,
} from '../../src/api.ts';
import { groupBy } from './groups.ts';
import {
  type Assessed,
  bounded,
  compareSeverity,
  dividedByLifetime,
  iso,
  moment,
  type Override,
  recentGap,
} from './kernel-errors.ts';

/** What a check makes of one event. */
export interface Told<C extends string> {
  readonly code: C;
  /** What happened, as a clause without its time: `nvme3 stopped answering and was reset`. */
  readonly what: string;
  readonly override?: Override;
  readonly evidence?: Finding['evidence'];
}

interface HostEvents<C extends string> {
  readonly log: Reading<KernelLog>;
  readonly kinds: readonly KernelEventKind[];
  /** The codes that `tell` gives; each of them is answered. */
  readonly codes: readonly C[];
  readonly rules: Readonly<Record<C, Rule>>;
  /** Nothing for an event that is no fault, or no fault any more. */
  readonly tell: (event: KernelEvent) => Told<C> | undefined;
  readonly node: Component;
  readonly now: number;
  readonly bootedAt: number;
}

type Judged<C extends string> = Assessed<C> & Pick<Told<C>, 'what' | 'evidence'>;

/**
 * Judges what the kernel says of the host: one finding for each code and part, for as long as the lifetime of the code
 * lasts, and a pass for each code of which it says nothing. Only the kernel's own words count: anybody who may write to
 * /dev/kmsg can forge the rest. What nobody read leaves the codes open.
 */
export const judgeHostEvents = <C extends string>(o: HostEvents<C>): readonly Judgement<C>[] => {
  const { log, codes, node } = o;
  if (!log.ok) return codes.map((code) => ({ unjudged: node, code, because: log }));

  const events = log.value.events.filter(({ fromKernel, kind }) => fromKernel && o.kinds.includes(kind));
  const judged = events.flatMap((event): readonly Judged<C>[] => {
    const told = o.tell(event);
    return told === undefined ? [] : [{ event, override: {}, ...told }];
  });
  const { open } = dividedByLifetime(judged, o.rules, o);
  const found = [...groupBy(open as readonly Judged<C>[], ({ code, event }) => `${code}|${event.component.key}`)];
  const isFound = (code: C, part: Component): boolean => found.some(([key]) => key === `${code}|${part.key}`);

  const gap = recentGap(log.value, o.now);
  const isQuiet = (code: C): boolean => !open.some((one) => one.code === code);
  // A part of which the kernel once said something is judged by its name, so that what is over can be cleared.
  const parts = new Map(events.map(({ component }) => [component.key, component]));
  parts.delete(node.key);
  return [
    ...found.map(([, group]) => ({ finding: findingOf(group, o.rules) })),
    ...[...parts.values()].flatMap((part) =>
      codes.filter((code) => !isFound(code, part)).map((code) => ({ pass: part, code })),
    ),
    ...codes
      .filter((code) => !isFound(code, node) && (gap !== undefined || isQuiet(code)))
      .map((code) => (gap === undefined ? { pass: node, code } : { unjudged: node, code, because: gap })),
  ];
};

/** Led by the gravest and latest event; the others are counted. */
const findingOf = <C extends string>(group: readonly Judged<C>[], rules: Readonly<Record<C, Rule>>): Finding<C> => {
  const severityOf = ({ code, override }: Judged<C>): Severity => override.severity ?? rules[code].severity;
  const [lead] = [...group].sort(
    (a, b) => compareSeverity(severityOf(b), severityOf(a)) || b.event.at - a.event.at,
  ) as [Judged<C>];
  const count = group.reduce((sum, { event }) => sum + event.repeats, 0);
  const at = Math.max(...group.map(({ event }) => event.at));
  const firstAt = Math.min(...group.map(({ event }) => event.firstAt));
  const { event, code, what, override, evidence = {} } = lead;
  return {
    component: event.component,
    code,
    message:
      count === 1
        ? `${what}, at ${moment(at)}`
        : `${what}, ${count} times since ${moment(firstAt)}, last at ${moment(at)}`,
    observed: `${count} in the kernel log`,
    expected: 'none',
    evidence: { count, first_at: iso(firstAt), last_at: iso(at), ...evidence, text: bounded(event.text) },
    at,
    firstAt,
    override,
  };
};
