import { absent, type Component, defineCheck, type Judgement, type KernelEvent, type Rule } from '../../src/api.ts';
import { groupBy } from '../shared/groups.ts';
import { type Incident, incidentsOf, type Strand } from '../shared/incidents.ts';
import {
  type Assessed,
  areClose,
  asCatalogued,
  atMost,
  classCode,
  compareSeverity,
  dividedByLifetime,
  findingsOf,
  gravestOf,
  INCIDENT_MS,
  iso,
  passesOf,
} from '../shared/kernel-errors.ts';
import { type RecoveryVerdict, recoveryVerdict } from '../shared/recovery-action.ts';
import { drain, event, stay } from '../shared/rules.ts';
import { explains, isSameCrash } from '../shared/xid-sequels.ts';

type Code =
  | 'fatal-xid'
  | 'reset-xid'
  | 'hardware-xid'
  | 'application-xid'
  | 'informational-xid'
  | 'unknown-xid'
  | 'untrusted-xid'
  | 'suspect-hardware'
  | 'log-gap';

const TWO_HOURS = { clearedAfterSeconds: 7200 };
const A_DAY = { clearedAfterSeconds: 86_400 };

const rules = {
  'fatal-xid': event('CRITICAL', 'Fatal Xid', drain('reboot'), { clearedBy: 'reboot' }),
  'reset-xid': event('CRITICAL', 'Xid that needs a GPU reset', drain('reset_gpu'), { clearedBy: 'gpu-reset' }),
  'hardware-xid': event('WARNING', 'Xid of the hardware', stay('watch'), { clearedBy: 'gpu-reset' }),
  'application-xid': event('WARNING', 'Xid of a job', stay('restart_app'), TWO_HOURS),
  'informational-xid': event('INFO', 'Xid for information', stay('none'), TWO_HOURS),
  'unknown-xid': event('WARNING', 'Xid that is not in the catalogue', stay('watch'), A_DAY),
  'untrusted-xid': event('INFO', 'Xid not written by the kernel', stay('none'), TWO_HOURS),
  'suspect-hardware': event('WARNING', 'One GPU repeats an Xid of jobs', stay('service'), A_DAY),
  'log-gap': {
    ...event('INFO', 'Kernel log does not reach back to boot', stay('none'), A_DAY),
    availability: 'where the kernel log still holds the records since boot',
  },
} as const satisfies Record<Code, Rule>;

/** Told by a job's own fault as a rule, whatever a catalogue says (docs.nvidia.com/deploy/xid-errors). */
const OF_THE_JOB = new Set([13, 31, 43, 45]);
/** NVIDIA's WORKFLOW_XID_13 and _31 suspect the hardware where one GPU repeats them. */
const SUSPECT_WHEN_REPEATED = new Set([13, 31]);

const isOfTheJob = ({ code, meaning }: KernelEvent): boolean =>
  meaning?.class === 'application' || (code !== undefined && OF_THE_JOB.has(code));

/** What Xid 154 says the driver now asks for. */
const recoveryOf = ({ fields, text }: KernelEvent) => {
  const said = fields.recoveryAction ?? /\bto (?:0x[0-9a-f]+ )?\(([^()]+)\)/i.exec(text)?.[1];
  return said === undefined ? undefined : recoveryVerdict(said);
};

const asVerdict = ({ code, severity, action }: RecoveryVerdict): Pick<Assessed<Code>, 'code' | 'override'> => {
  const isByReset = code === 'reset-required' || code === 'drain-p2p';
  const lifetime = { clearedBy: isByReset ? 'gpu-reset' : 'reboot' } as const;
  return { code: isByReset ? 'reset-xid' : 'fatal-xid', override: { severity, action, lifetime } };
};

const endsByAge = ({ code, override }: Assessed<Code>): boolean => {
  const lifetime = override.lifetime ?? rules[code].lifetime;
  return typeof lifetime === 'object' && 'clearedAfterSeconds' in lifetime;
};

const asOne = (events: readonly KernelEvent[]): KernelEvent | undefined => {
  const [latest] = [...events].sort((a, b) => b.at - a.at);
  if (latest === undefined) return undefined;
  const firstAt = Math.min(...events.map((one) => one.firstAt));
  return { ...latest, firstAt, repeats: events.reduce((sum, { repeats }) => sum + repeats, 0) };
};

/**
 * What one GPU repeats over more than one incident. Where lines name the unit that failed (Xid 13: GPC and TPC), the
 * hardware is suspect where the same one fails again and no other does; spread out it is the program (WORKFLOW_XID_13).
 */
const repeatedOf = (events: readonly KernelEvent[]): KernelEvent | undefined => {
  const placed = events.filter(({ fields }) => fields.place !== undefined);
  const units = placed.length === 0 ? [events] : [...groupBy(placed, ({ fields }) => fields.place).values()];
  const repeated = units.flatMap((unit) => asOne(unit) ?? []).filter(({ at, firstAt }) => at - firstAt > INCIDENT_MS);
  return repeated.length === 1 ? repeated[0] : undefined;
};

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/xid-errors',
  title: 'Xid errors',
  why: 'An Xid is how the driver tells that a GPU, its memory or a job on it failed; a fatal one ends every job on the GPU.',
  source: 'docs.nvidia.com/deploy/xid-errors; NVIDIA Xid catalogue (Xid-Catalog.xlsx)',
  remedy:
    'Read `muster explain xid N` and `dmesg -T | grep Xid`; do what the finding says. Where the same Xid returns after a ' +
    'reset and a reboot, run the field diagnostic.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['kernelLog'],
  uses: ['gpus'],
  kernelEvents: ['xid', 'fallen-off-bus'],
  options: {
    repeats_to_suspect: {
      default: 3,
      unit: 'events',
      source: 'NVIDIA Xid catalogue, WORKFLOW_XID_13 and _31, which give no number; three are no coincidence',
      help: 'So many Xid 13 or 31 on one GPU, over more than five minutes and on no other GPU, make its hardware suspect.',
    },
    boot_slack_minutes: {
      default: 10,
      unit: 'minutes',
      source: 'the NVIDIA driver loads within minutes after boot',
      help: 'A kernel log that begins later than this after boot no longer holds what happened before.',
    },
  },
  rules,
  judge: ({ kernelLog, gpus }, { node, now, bootedAt, options }): readonly Judgement<Code>[] => {
    const xids = kernelLog.events
      .filter(({ kind }) => kind === 'xid' || kind === 'fallen-off-bus')
      .map((one) => (one.kind === 'fallen-off-bus' ? { ...one, code: one.code ?? 79 } : one));
    const told = xids.filter(({ fromKernel }) => fromKernel).map(assess);
    const incidents = incidentsOf(told, rules, explains);
    const assessed = [...told, ...forged(), ...suspects()];
    const divided = dividedByLifetime(assessed, rules, { now, bootedAt });
    const stillOpen = new Set(divided.open);
    const inIncidents = new Set(told);
    const crashes = incidents.map(({ cause }) => cause).filter(({ code }) => code === 'application-xid');

    const open = [
      ...incidents.flatMap(toldOf),
      ...divided.open.filter((one) => !inIncidents.has(one)).map((one) => placed(one, assessed)),
    ];
    const findings = findingsOf(open, 'Xid', rules);
    const codes = Object.keys(rules).filter((code): code is Exclude<Code, 'log-gap'> => code !== 'log-gap');
    const { over } = divided;
    return [...findings, ...passesOf({ log: kernelLog, parts: gpus, node, codes, findings, over, now }), ...logGap()];

    function assess(one: KernelEvent): Assessed<Code> {
      if (one.kind === 'fallen-off-bus' && one.meaning === undefined)
        return { event: one, code: 'fatal-xid', override: {}, remark: 'the GPU has fallen off the bus' };
      if (one.code === 154) return assessRecovery(one);
      if (isOfTheJob(one)) return assessOfTheJob(one);
      return { event: one, code: classCode(one, 'xid'), override: asCatalogued(one) };
    }

    function forged(): readonly Assessed<Code>[] {
      return xids
        .filter(({ fromKernel }) => !fromKernel)
        .map((one) => ({
          event: one,
          code: 'untrusted-xid',
          override: {},
          remark: 'not written by the kernel: any user who may write to /dev/kmsg can forge it',
        }));
    }

    /** The driver's own verdict: it raises the severity over the catalogue's, and "None" acquits nothing. */
    function assessRecovery(one: KernelEvent): Assessed<Code> {
      const catalogued = asCatalogued(one);
      const verdict = recoveryOf(one);
      if (verdict === undefined) return { event: one, code: classCode(one, 'xid'), override: catalogued };
      const isGraver = compareSeverity(verdict.severity, catalogued.severity ?? 'INFO') >= 0;
      return { event: one, ...asVerdict(verdict), ...(isGraver ? {} : { override: catalogued }) };
    }

    /** Of the job, whatever a catalogue says: never more than a warning, and never a drain. */
    function assessOfTheJob(one: KernelEvent): Assessed<Code> {
      const catalogued = asCatalogued(one);
      const isSequel = one.code === 45 && one.causedBy !== undefined;
      const severity = isSequel ? 'INFO' : atMost(catalogued.severity ?? 'WARNING', 'WARNING');
      const action = stay(isSequel || catalogued.action?.then === 'none' ? 'none' : 'restart_app');
      return {
        event: one,
        code: 'application-xid',
        override: { ...catalogued, severity, action },
        ...(isSequel ? { remark: `follows from Xid ${one.causedBy}` } : {}),
      };
    }

    /** What an incident comes to: its cause, as grave as the gravest that the same GPU said of it. */
    function toldOf({ cause, sequels }: Incident<Code>): readonly Assessed<Code>[] {
      const openCause = cause.members.filter((one) => stillOpen.has(one));
      const openSequels = sequels.flatMap(({ members }) => members).filter((one) => stillOpen.has(one));
      // With its cause goes what only time would end. What asks for more than the cause did stays, and what came again.
      const isLater = ({ event: { at } }: Assessed<Code>): boolean => at - cause.event.at > INCIDENT_MS;
      if (openCause.length === 0) return openSequels.filter((one) => !endsByAge(one) || isLater(one));
      const own = openSequels.filter(({ event: { component } }) => component.key === cause.component.key);
      const events = sequels.flatMap(({ members }) => members).map((one) => one.event);
      return openCause.map((one) => ({ ...raised(one, own), ...spread(cause), sequels: events }));
    }

    /** Raised by what came with it on its GPU, and by the recovery that the driver asks for at this moment. */
    function raised(one: Assessed<Code>, own: readonly Assessed<Code>[]): Assessed<Code> {
      if (one.code === 'application-xid' || one.code === 'informational-xid') return one;
      const gpu = gpus.ok ? gpus.value.find(({ ref }) => ref.key === one.event.component.key) : undefined;
      const asked = gpu?.recoveryAction.ok === true ? recoveryVerdict(gpu.recoveryAction.value) : undefined;
      const byDriver: Assessed<Code>[] = asked === undefined ? [] : [{ event: one.event, ...asVerdict(asked) }];
      const { code, override } = gravestOf([one, ...own, ...byDriver], rules);
      return { ...one, code, override };
    }

    /** One program that fails on several GPUs at once is one failure, and not of a GPU. */
    function spread(cause: Strand<Code>): { readonly about?: Component } {
      const isShared = (other: Strand<Code>): boolean =>
        isSameCrash(cause, other) && areClose(cause.event, other.event);
      return crashes.includes(cause) && crashes.some(isShared) ? { about: node } : {};
    }

    /** Forged lines about many GPUs are one user's. */
    function placed(one: Assessed<Code>, all: readonly Assessed<Code>[]): Assessed<Code> {
      if (one.code !== 'untrusted-xid') return one;
      const isOfAnother = (other: Assessed<Code>): boolean =>
        other.code === 'untrusted-xid' && other.event.component.key !== one.event.component.key;
      return all.some(isOfAnother) ? { ...one, about: node } : one;
    }

    function suspects(): readonly Assessed<Code>[] {
      const recent = incidents
        .flatMap(({ cause }) => cause.members.map((one) => one.event))
        .filter(({ at }) => now - at <= A_DAY.clearedAfterSeconds * 1000);
      return [...SUSPECT_WHEN_REPEATED].flatMap((code): Assessed<Code>[] => {
        const same = recent.filter((one) => one.code === code);
        const [first] = same;
        if (first === undefined || same.some(({ component }) => component.key !== first.component.key)) return [];
        const repeated = repeatedOf(same);
        if (repeated === undefined || repeated.repeats < options.repeats_to_suspect) return [];
        const { place } = repeated.fields;
        const where = place === undefined ? 'this GPU' : `${place} of this GPU`;
        return [
          {
            event: repeated,
            code: 'suspect-hardware',
            override: {},
            remark: `${repeated.repeats} on ${where} and none on the others: if the jobs differ, suspect its hardware`,
          },
        ];
      });
    }

    function logGap(): readonly Judgement<Code>[] {
      if (bootedAt <= 0 || kernelLog.since - bootedAt <= options.boot_slack_minutes * 60_000) return [];
      const since = iso(kernelLog.since);
      return [
        {
          unjudged: node,
          code: 'log-gap',
          because: absent('not-recorded', `the kernel log begins at ${since}, after boot; earlier Xids are not known`),
        },
      ];
    }
  },
});
