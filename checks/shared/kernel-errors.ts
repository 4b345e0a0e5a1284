import {
  type Absent,
  ACTIONS,
  type Action,
  absent,
  type Component,
  type Fact,
  type Finding,
  type Judgement,
  type KernelEvent,
  type KernelLog,
  type Rule,
  type Severity,
  type XidClass,
} from '../../src/api.ts';
import { groupBy } from './groups.ts';
import { nameOf } from './names.ts';

/** What differs from the rule of the code. */
export type Override = Partial<Pick<Rule, 'severity' | 'action' | 'lifetime'>>;

/** One event with what is made of it. */
export interface Assessed<C extends string> {
  readonly event: KernelEvent;
  readonly code: C;
  readonly override: Override;
  /** What is added to the message. */
  readonly remark?: string;
  /** Whom the finding is about, where that is not the part that said it. */
  readonly about?: Component;
  /** What came with it. */
  readonly sequels?: readonly KernelEvent[];
}

const ORDER: readonly Severity[] = ['INFO', 'WARNING', 'CRITICAL'];
/** How grave two severities are in comparison: positive where the first is graver. */
export const compareSeverity = (one: Severity, other: Severity): number => ORDER.indexOf(one) - ORDER.indexOf(other);
export const atMost = (severity: Severity, limit: Severity): Severity =>
  compareSeverity(severity, limit) > 0 ? limit : severity;

/** How close in time two events must be to be one incident. */
export const INCIDENT_MS = 5 * 60_000;
/** The times at which the two were seen come within one incident of each other. */
export const areClose = (one: KernelEvent, other: KernelEvent): boolean =>
  one.firstAt - INCIDENT_MS <= other.at && other.firstAt - INCIDENT_MS <= one.at;

/** `application-xid`: the class of an event's meaning with the kind of event. */
export const classCode = <K extends 'xid' | 'sxid'>(event: KernelEvent, kind: K): `${XidClass}-${K}` =>
  `${event.meaning?.class ?? 'unknown'}-${kind}`;

/** The catalogue's judgement; nothing where the catalogue says nothing, so that the rule of the code holds. */
export const asCatalogued = ({ meaning }: KernelEvent): Override =>
  meaning === undefined ? {} : { severity: meaning.severity, action: meaning.action, lifetime: meaning.lifetime };

const CURES = ['gpu-reset', 'reboot', 'service'];

/** How much an action asks for: a drain more than none, a service more than a reboot. */
const effortOf = ({ drain, then }: Action): number => (drain ? ACTIONS.length : 0) + ACTIONS.indexOf(then);
const cureOf = (lifetime: Rule['lifetime']): number =>
  typeof lifetime === 'object' && 'clearedBy' in lifetime ? CURES.indexOf(lifetime.clearedBy) : -1;

/** What several say together: the gravest, and over only by what cures all that are as grave. */
export const gravestOf = <C extends string>(
  assessed: readonly [Assessed<C>, ...(readonly Assessed<C>[])],
  rules: Readonly<Record<C, Rule>>,
): Pick<Assessed<C>, 'code' | 'override'> => {
  const judged = assessed.map(({ code, override }) => ({ code, override, rule: { ...rules[code], ...override } }));
  const [gravest] = judged.sort(
    ({ rule: a }, { rule: b }) =>
      compareSeverity(b.severity, a.severity) ||
      effortOf(b.action) - effortOf(a.action) ||
      cureOf(b.lifetime) - cureOf(a.lifetime),
  );
  return gravest ?? assessed[0];
};

/** Before this boot. The clocks of the boot time and of the log are read apart and may differ by seconds. */
const isOfEarlierBoot = ({ at }: KernelEvent, bootedAt: number): boolean => bootedAt > 0 && at < bootedAt - 60_000;

/**
 * Whether what was reported is over: only by what the lifetime of its finding states. A reboot cures all but what needs
 * service; a reset of the GPU cures what was reported before it.
 */
const isOver = <C extends string>(
  { event, code, override }: Assessed<C>,
  rules: Readonly<Record<C, Rule>>,
  { now, bootedAt }: { readonly now: number; readonly bootedAt: number },
): boolean => {
  const lifetime = override.lifetime ?? rules[code].lifetime;
  if (lifetime === 'condition') return false;
  if ('clearedAfterSeconds' in lifetime) return now - event.at > lifetime.clearedAfterSeconds * 1000;
  if (lifetime.clearedBy === 'service') return false;
  if (isOfEarlierBoot(event, bootedAt)) return true;
  return lifetime.clearedBy === 'gpu-reset' && event.resetAt !== undefined && event.at <= event.resetAt;
};

/** Event by event, before they are grouped: the graver of two may be over while the lighter is not. */
export const dividedByLifetime = <C extends string>(
  assessed: readonly Assessed<C>[],
  rules: Readonly<Record<C, Rule>>,
  at: { readonly now: number; readonly bootedAt: number },
): { readonly open: readonly Assessed<C>[]; readonly over: readonly KernelEvent[] } => ({
  open: assessed.filter((one) => !isOver(one, rules, at)),
  over: assessed.filter((one) => isOver(one, rules, at)).map(({ event }) => event),
});

const TEXT_CHARACTERS = 240;
/** As much of a record as a report needs. */
export const bounded = (text: string): string =>
  text.length <= TEXT_CHARACTERS ? text : `${text.slice(0, TEXT_CHARACTERS - 1)}…`;

/** For people; a time that no calendar holds is none. */
export const iso = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : 'an unknown time');

/** `2026-11-26 11:58:36 UTC`: to the second, as the kernel log of the node can be shown. */
export const moment = (ms: number): string => iso(ms).replace(/T([0-9:]{8})\.[0-9]+Z$/, ' $1 UTC');

const timesOf = (events: readonly KernelEvent[]): number => events.reduce((sum, { repeats }) => sum + repeats, 0);

/** Each part once. */
const partsOf = (events: readonly KernelEvent[]): readonly Component[] => [
  ...new Map(events.map(({ component }) => [component.key, component])).values(),
];

/** `Xid 45 8000 times on 8 GPUs, Xid 43 once`; the commonest first. */
const listed = (events: readonly KernelEvent[], prefix: string): string =>
  [...groupBy(events, ({ code }) => code).entries()]
    .map(([code, same]) => ({ code, times: timesOf(same), parts: partsOf(same).length }))
    .sort((a, b) => b.times - a.times)
    .map(({ code, times, parts }) => {
      const often = times === 1 ? 'once' : `${times} times`;
      return `${prefix} ${code} ${often}${parts > 1 ? ` on ${parts} GPUs` : ''}`;
    })
    .join(', ');

/** `NETIR_LINK_EVT, fatal, link 8`: what a line says besides its number. */
const detailOf = ({ fields: { unit, severity, link, fatal, place } }: KernelEvent): string => {
  const word = severity ?? (fatal === undefined ? undefined : fatal === 'true' ? 'fatal' : 'non-fatal');
  const said = [
    unit,
    word?.toLowerCase(),
    link === undefined || Number(link) < 0 ? undefined : `link ${Number(link)}`,
    place,
  ];
  return said.filter((one) => one !== undefined).join(', ');
};

/** What the lines themselves say, under the names by which NVIDIA's tables can be read. */
const EVIDENCE: Readonly<Record<string, string>> = {
  pid: 'pid',
  name: 'process',
  channel: 'channel',
  gpuInstance: 'gpu_instance',
  computeInstance: 'compute_instance',
  place: 'place',
  unit: 'unit',
  severity: 'severity_word',
  link: 'link',
  intrInfo: 'interrupt_info',
  errorStatus: 'error_status',
  injected: 'injected',
  recoveryAction: 'recovery_action',
};

const saidBy = ({ fields }: KernelEvent): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(EVIDENCE).flatMap(([field, name]) => {
      const value = fields[field];
      return value === undefined ? [] : [[name, bounded(value)]];
    }),
  );

/**
 * One finding for each component and code, led by the gravest and latest event. Several Xids of one class are one
 * fault of the GPU, a flood of them is one finding, and what they brought along is told with them.
 */
export const findingsOf = <C extends string>(
  assessed: readonly Assessed<C>[],
  prefix: 'Xid' | 'SXid',
  rules: Readonly<Record<C, Rule>>,
): readonly Judgement<C>[] => {
  const groups = groupBy(assessed, ({ code, event, about }) => `${code}|${(about ?? event.component).key}`);
  const severityOf = ({ code, override }: Assessed<C>): Severity => override.severity ?? rules[code].severity;
  return [...groups.values()].flatMap((group): Judgement<C>[] => {
    const [lead, ...others] = [...group].sort(
      (a, b) => compareSeverity(severityOf(b), severityOf(a)) || b.event.at - a.event.at,
    );
    if (lead === undefined) return [];
    const { event, code, override, remark } = lead;
    const { meaning } = event;
    const component = lead.about ?? event.component;
    const number = event.code ?? '(no number)';
    const says = meaning === undefined ? 'not in the catalogue' : meaning.meaning.replace(/\.$/, '');
    const also = [...new Set(others.map((other) => other.event.code).filter((other) => other !== event.code))];
    const same = group.filter((one) => one.event.code === event.code).map((one) => one.event);
    const parts = partsOf(group.map((one) => one.event));
    const sequels = [...new Set(group.flatMap((one) => one.sequels ?? []))];
    const related = partsOf([...group.map((one) => one.event), ...sequels]).filter(({ key }) => key !== component.key);
    const count = timesOf(same);
    const links = [...new Set(same.flatMap(({ fields }) => fields.link ?? []))].sort();
    const detail = detailOf(event);
    const who = component.kind === 'node' && parts.length > 1 ? `${parts.length} GPUs` : nameOf(component);
    return [
      {
        finding: {
          component,
          ...(related.length === 0 ? {} : { related }),
          code,
          message:
            `${who} reported ${prefix} ${number}${detail === '' ? '' : ` (${detail})`}${count > 1 ? ` ${count} times` : ''}, ` +
            `last at ${moment(event.at)}: ${says}` +
            `${remark === undefined ? '' : ` (${remark})`}` +
            `${also.length === 0 ? '' : `; also ${prefix} ${also.join(', ')}`}` +
            `${sequels.length === 0 ? '' : `; of the same incident: ${listed(sequels, prefix)}`}`,
          observed: `${prefix} ${number}`,
          expected: `no ${prefix}`,
          evidence: {
            ...(event.code === undefined ? {} : { [prefix.toLowerCase()]: event.code }),
            count,
            first_at: iso(Math.min(...same.map(({ firstAt }) => firstAt))),
            last_at: iso(event.at),
            ...saidBy(event),
            ...(links.length < 2 ? {} : { links: links.join(' ') }),
            ...(event.causedBy === undefined ? {} : { caused_by: event.causedBy }),
            ...(meaning === undefined
              ? {}
              : { nvidia_immediate: meaning.immediate, nvidia_investigatory: meaning.investigatory }),
            ...(also.length === 0 ? {} : { others: also.join(' ') }),
            ...(sequels.length === 0
              ? {}
              : { same_incident: listed(sequels, prefix), same_incident_count: timesOf(sequels) }),
            text: bounded(event.text),
          },
          at: event.at,
          override,
        },
      },
    ];
  });
};

/**
 * A pass for each part (GPU or NIC), and each other of which something was told that is over, and code about which nothing
 * was found; for the node where nothing was found at all. Records that nobody read may hold the worst event, and a machine
 * without such parts has nothing to be passed.
 */
export const passesOf = <C extends string>(o: {
  readonly log: KernelLog;
  readonly parts: Fact<readonly { readonly ref: Component }[]>;
  readonly node: Component;
  readonly codes: readonly C[];
  readonly findings: readonly Judgement<C>[];
  readonly over: readonly KernelEvent[];
  readonly now: number;
}): readonly Judgement<C>[] => {
  const { log, parts: known, node, codes, findings, over, now } = o;
  const found = findings.flatMap((one) => ('finding' in one ? [one.finding] : []));
  const passes = (component: Component, isFound: (finding: Finding<C>) => boolean): readonly Judgement<C>[] =>
    codes
      .filter((code) => !found.some((finding) => finding.code === code && isFound(finding)))
      .map((code) => ({ pass: component, code }));
  const parts = new Map<string, Component>();
  for (const { ref } of known.ok ? known.value : []) parts.set(ref.key, ref);
  for (const { component } of over) if (!parts.has(component.key)) parts.set(component.key, component);
  const ofParts = [...parts.values()].flatMap((part) => passes(part, ({ component }) => component.key === part.key));
  return [...ofParts, ...ofNode()];

  function ofNode(): readonly Judgement<C>[] {
    const gap = recentGap(log, now);
    if (gap !== undefined) return [{ unjudged: node, because: gap }];
    if (found.length === 0 && !known.ok && hasNone(known)) return [{ unjudged: node, because: known }];
    return passes(node, () => true);
  }
};

/**
 * What a record that nobody read has broken shows elsewhere within minutes: the GPU is lost, asks for a recovery action
 * or counts errors. How long to wait for that is ours: an hour.
 */
const GAP_MS = 3_600_000;

/** Records that nobody read, as long as they may hold what nothing else shows yet. */
export const recentGap = ({ lost, lostAt }: KernelLog, now: number): Absent | undefined =>
  lostAt !== undefined && now - lostAt < GAP_MS
    ? absent('failed', `${lost} kernel records were overwritten before they were read, last at ${moment(lostAt)}`)
    : undefined;

const hasNone = ({ reason }: Absent): boolean =>
  ['no-tool', 'no-device', 'unsupported', 'not-recorded'].includes(reason);
