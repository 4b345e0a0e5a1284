import { defineCheck, type KernelEvent } from '../../src/api.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
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

/** `CPU 3 ran one task (python3, pid 2254956)`. */
const busy = ({ cpu, name, pid }: KernelEvent['fields']): string =>
  `CPU ${cpu} ran one task${name === undefined ? '' : ` (${name}, pid ${pid})`}`;

const LOCKUPS: Readonly<Record<string, (fields: KernelEvent['fields']) => Told<Code>>> = {
  soft: (fields) => ({ code: 'soft-lockup', what: `${busy(fields)} for ${fields.seconds} s without a break` }),
  hard: ({ cpu }) => ({ code: 'hard-lockup', what: `CPU ${cpu} took no interrupt for seconds` }),
  rcu: () => ({ code: 'rcu-stall', what: 'A CPU or task held up the work of the kernel (RCU stall)' }),
};

const tell = ({ kind, fields }: KernelEvent): Told<Code> | undefined =>
  kind === 'kernel-bug'
    ? { code: 'kernel-bug', what: `The kernel killed a task for an error of its own (${fields.what})` }
    : LOCKUPS[fields.lockup ?? '']?.(fields);

const kinds = ['lockup', 'kernel-bug'] as const;

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
  kernelEvents: kinds,
  rules,
  judge: ({ kernelLog }, { node, now, bootedAt }) =>
    judgeHostEvents({
      log: kernelLog,
      kinds,
      codes: ['soft-lockup', 'hard-lockup', 'rcu-stall', 'kernel-bug'],
      rules,
      tell,
      node,
      now,
      bootedAt,
    }),
});
