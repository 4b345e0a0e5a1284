import { defineCheck, type Judgement, type KernelEvent, type Rule } from '../../src/api.ts';
import {
  type Assessed,
  asCatalogued,
  classCode,
  dividedByLifetime,
  findingsOf,
  passesOf,
} from '../shared/kernel-errors.ts';
import { drain, event, stay } from '../shared/rules.ts';

type Code =
  | 'fatal-sxid'
  | 'reset-sxid'
  | 'hardware-sxid'
  | 'application-sxid'
  | 'informational-sxid'
  | 'unknown-sxid'
  | 'untrusted-sxid';

const A_DAY = { clearedAfterSeconds: 86_400 };

const rules = {
  'fatal-sxid': event('CRITICAL', 'Fatal SXid', drain('reboot'), { clearedBy: 'reboot' }),
  'reset-sxid': event('CRITICAL', 'SXid that needs a reset', drain('reset_gpu'), { clearedBy: 'gpu-reset' }),
  'hardware-sxid': event('WARNING', 'SXid of the hardware', stay('watch'), { clearedBy: 'reboot' }),
  'application-sxid': event('WARNING', 'SXid of a job', stay('restart_app'), A_DAY),
  'informational-sxid': event('INFO', 'SXid for information', stay('none'), A_DAY),
  'unknown-sxid': event('WARNING', 'SXid that is not in the catalogue', stay('watch'), A_DAY),
  'untrusted-sxid': event('INFO', 'SXid not written by the kernel', stay('none'), A_DAY),
} as const satisfies Record<Code, Rule>;

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/sxid-errors',
  title: 'NVSwitch errors (SXid)',
  why: 'An NVSwitch that fails takes the links of every GPU of the node with it.',
  source: 'NVIDIA Fabric Manager user guide, SXid errors; the driver prints Fatal or Non-fatal in each line',
  remedy:
    'Read `dmesg -T | grep SXid` and `journalctl -u nvidia-fabricmanager`; stop the jobs, reset all GPUs and NVSwitches together or ' +
    'reboot; where it returns, have the baseboard serviced.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['kernelLog'],
  uses: ['gpus'],
  kernelEvents: ['sxid'],
  rules,
  judge: ({ kernelLog, gpus }, { node, now, bootedAt }): readonly Judgement<Code>[] => {
    const assess = (one: KernelEvent): Assessed<Code> =>
      one.fromKernel
        ? { event: one, code: classCode(one, 'sxid'), override: asCatalogued(one) }
        : {
            event: one,
            code: 'untrusted-sxid',
            override: {},
            remark: 'not written by the kernel: any user who may write to /dev/kmsg can forge it',
          };
    const assessed = kernelLog.events.filter(({ kind }) => kind === 'sxid').map(assess);
    const { open, over } = dividedByLifetime(assessed, rules, { now, bootedAt });
    const findings = findingsOf(open, 'SXid', rules);
    const codes = Object.keys(rules) as readonly Code[];
    return [...findings, ...passesOf({ log: kernelLog, parts: gpus, node, codes, findings, over, now })];
  },
});
