import { absent, defineCheck, type Judgement, type KernelEvent, type Rule } from '../../src/api.ts';
import {
  type Assessed,
  areClose,
  asCatalogued,
  atMost,
  classCode,
  compareSeverity,
  dividedByLifetime,
  findingsOf,
  INCIDENT_MS,
  iso,
  passesOf,
} from '../shared/kernel-errors.ts';
import { recoveryVerdict } from '../shared/recovery-action.ts';
import { drain, event, stay } from '../shared/rules.ts';

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
    const onSameGpu = (one: KernelEvent) =>
      xids.filter((other) => other !== one && other.fromKernel && other.component.key === one.component.key);

    const assess = (one: KernelEvent): Assessed<Code> => {
      if (!one.fromKernel) {
        return {
          event: one,
          code: 'untrusted-xid',
          override: {},
          remark: 'not written by the kernel: any user who may write to /dev/kmsg can forge it',
        };
      }
      if (one.kind === 'fallen-off-bus' && one.meaning === undefined) {
        return { event: one, code: 'fatal-xid', override: {}, remark: 'the GPU has fallen off the bus' };
      }
      const close = onSameGpu(one).filter((other) => areClose(one, other));
      if (one.code === 154) return assessRecovery(one);
      if (isOfTheJob(one)) return assessOfTheJob(one, close);
      if (one.code === 48 && close.some(({ code }) => code === 63 || code === 64)) {
        const partner = close.find(({ code }) => code === 63 || code === 64)?.code;
        return {
          event: one,
          code: 'reset-xid',
          override: { severity: 'CRITICAL', action: drain('reset_gpu'), lifetime: { clearedBy: 'gpu-reset' } },
          remark: `with Xid ${partner}: the broken row is remapped by a reset`,
        };
      }
      return { event: one, code: classCode(one, 'xid'), override: asCatalogued(one) };
    };

    const assessed = [...xids.map(assess), ...suspects()];
    const { open, over } = dividedByLifetime(assessed, rules, { now, bootedAt });
    const findings = findingsOf(open, 'Xid', rules);
    const codes = Object.keys(rules).filter((code): code is Exclude<Code, 'log-gap'> => code !== 'log-gap');
    return [...findings, ...passesOf({ log: kernelLog, parts: gpus, node, codes, findings, over, now }), ...logGap()];

    /** The driver's own verdict: it raises the severity over the catalogue's, and "None" acquits nothing. */
    function assessRecovery(one: KernelEvent): Assessed<Code> {
      const catalogued = asCatalogued(one);
      const verdict = recoveryOf(one);
      if (verdict === undefined) return { event: one, code: classCode(one, 'xid'), override: catalogued };
      const isGraver = compareSeverity(verdict.severity, catalogued.severity ?? 'INFO') >= 0;
      return {
        event: one,
        code: verdict.code === 'reset-required' || verdict.code === 'drain-p2p' ? 'reset-xid' : 'fatal-xid',
        override: isGraver
          ? {
              severity: verdict.severity,
              action: verdict.action,
              lifetime: {
                clearedBy: verdict.code === 'reset-required' || verdict.code === 'drain-p2p' ? 'gpu-reset' : 'reboot',
              },
            }
          : catalogued,
      };
    }

    /** Follows from another fault, or from the job; never more than a warning, and never a drain. */
    function assessOfTheJob(one: KernelEvent, close: readonly KernelEvent[]): Assessed<Code> {
      const catalogued = asCatalogued(one);
      const action = stay(catalogued.action?.then === 'none' ? 'none' : 'restart_app');
      const cause = one.causedBy ?? close.find((other) => !isOfTheJob(other))?.code;
      if (one.code === 45 && cause !== undefined) {
        return {
          event: one,
          code: 'application-xid',
          override: { ...catalogued, severity: 'INFO', action: stay('none') },
          remark: `follows from Xid ${cause}`,
        };
      }
      return {
        event: one,
        code: 'application-xid',
        override: { ...catalogued, severity: atMost(catalogued.severity ?? 'WARNING', 'WARNING'), action },
      };
    }

    function suspects(): readonly Assessed<Code>[] {
      return [...SUSPECT_WHEN_REPEATED].flatMap((code): Assessed<Code>[] => {
        const same = xids.filter(
          (one) => one.fromKernel && one.code === code && now - one.at <= A_DAY.clearedAfterSeconds * 1000,
        );
        const [first] = same;
        if (first === undefined || same.some(({ component }) => component.key !== first.component.key)) return [];
        const count = same.reduce((sum, { repeats }) => sum + repeats, 0);
        const begin = Math.min(...same.map(({ firstAt }) => firstAt));
        const end = Math.max(...same.map(({ at }) => at));
        if (count < options.repeats_to_suspect || end - begin <= INCIDENT_MS) return [];
        const latest = { ...first, at: end, firstAt: begin, repeats: count };
        return [
          {
            event: latest,
            code: 'suspect-hardware',
            override: {},
            remark: `${count} on this GPU and none on the others: if the jobs differ, suspect its hardware`,
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
