import { defineCheck, type KernelEvent } from '../../src/api.ts';
import { type Incident, judgeIncidents, times } from '../shared/kernel-incidents.ts';
import { event, stay } from '../shared/rules.ts';

type Code = 'soft-lockup' | 'hard-lockup' | 'rcu-stall' | 'kernel-bug';

const A_DAY = { clearedAfterSeconds: 86_400 };

const rules = {
  'soft-lockup': event('WARNING', 'A CPU did not schedule for seconds', stay('watch'), A_DAY),
  'hard-lockup': event('WARNING', 'A CPU did not take interrupts', stay('reboot'), { clearedBy: 'reboot' }),
  'rcu-stall': event('WARNING', 'A CPU or task held up the kernel', stay('watch'), A_DAY),
  // What held a lock when it was killed holds it still (docs.kernel.org, admin-guide/tainted-kernels, bit 7).
  'kernel-bug': event('WARNING', 'The kernel killed a task for an error of its own', stay('reboot'), {
    clearedBy: 'reboot',
  }),
};

const LOCKUPS: Readonly<Record<string, Code>> = { soft: 'soft-lockup', hard: 'hard-lockup', rcu: 'rcu-stall' };

const codeOf = ({ kind, fields }: KernelEvent): Code | undefined => {
  if (kind === 'kernel-bug') return 'kernel-bug';
  return kind === 'lockup' ? LOCKUPS[fields.lockup ?? ''] : undefined;
};

export default defineCheck({
  apiVersion: 1,
  id: 'host/kernel-faults',
  title: 'The kernel reported a fault of its own',
  why: 'A CPU that stands still makes every rank of a job wait, and a kernel that killed one of its tasks may hold locks for good.',
  source:
    'docs.kernel.org: admin-guide/lockup-watchdogs, RCU/stallwarn, admin-guide/bug-hunting; gpud cpu component; node-problem-detector KernelOops',
  remedy:
    'Read what the kernel was at: `dmesg -T | grep -iE -A30 "lockup|stall|Oops|kernel BUG|protection fault"`. ' +
    'After an Oops or a hard lockup reboot when the job has ended; where it returns, look for the driver in the trace, for firmware, and for machine checks (`ras-mc-ctl --errors`).',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: [],
  uses: ['kernelLog'],
  kernelEvents: ['lockup', 'kernel-bug'],
  rules,
  judge: ({ kernelLog }, { node, now, bootedAt }) =>
    judgeIncidents({ log: kernelLog, node, rules, now, bootedAt, codeOf, details }),
});

const onCpu = ({ latest: { fields } }: Incident): string => {
  const task = fields.name === undefined ? '' : ` (${fields.name}, pid ${fields.pid})`;
  return `CPU ${fields.cpu}${task}`;
};

const details = {
  'soft-lockup': (incident: Incident) => ({
    message: `The kernel reported ${times(incident.count)} that a CPU ran one task without a break, the latest for ${incident.latest.fields.seconds} s: ${onCpu(incident)}`,
    observed: `stuck for ${incident.latest.fields.seconds} s`,
    expected: 'no soft lockup',
  }),
  'hard-lockup': (incident: Incident) => ({
    message: `The kernel reported ${times(incident.count)} that a CPU took no interrupt for seconds, the latest: ${onCpu(incident)}`,
    observed: 'hard lockup',
    expected: 'no hard lockup',
  }),
  'rcu-stall': ({ count }: Incident) => ({
    message: `The kernel reported ${times(count)} that a CPU or task held up its own work (RCU stall)`,
    observed: 'RCU stall',
    expected: 'no RCU stall',
  }),
  'kernel-bug': ({ count, latest }: Incident) => ({
    message: `The kernel killed a task for an error of its own ${times(count)}, the latest: ${latest.fields.what}`,
    observed: latest.fields.what ?? 'Oops',
    expected: 'no error in the kernel',
  }),
};
