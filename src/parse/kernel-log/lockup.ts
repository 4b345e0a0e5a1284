import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

/** `watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python3:2254956]` (Linux, kernel/watchdog.c); older kernels vary the prefix. */
const SOFT =
  /^(?:(?:NMI )?watchdog: )?BUG: soft lockup - CPU#(\d{1,5}) stuck for (\d{1,9})s!(?: \[(.{1,64}):(\d{1,10})\])?/;
/** `watchdog: Watchdog detected hard LOCKUP on cpu 3`. */
const HARD = /^(?:(?:NMI )?watchdog: )?(?:CPU\d{1,5}: )?Watchdog detected hard LOCKUP on cpu (\d{1,5})/;
/** `rcu: INFO: rcu_preempt self-detected stall on CPU` (docs.kernel.org, RCU/stallwarn). */
const STALL = /^(?:rcu: )?INFO: rcu\w{0,24} (?:self-)?detected (?:expedited )?stalls? on /;

/** A CPU that ran one thing for so long that the kernel's watchdogs noticed. */
export const parseLockup = (text: string): KernelMessage | undefined => {
  const [soft, softCpu, seconds, name, pid] = SOFT.exec(text) ?? [];
  if (soft !== undefined) return lockup('soft', { cpu: softCpu, seconds, name, pid });
  const [hard, hardCpu] = HARD.exec(text) ?? [];
  if (hard !== undefined) return lockup('hard', { cpu: hardCpu });
  return STALL.test(text) ? lockup('rcu', {}) : undefined;
};

const lockup = (
  lockup: 'soft' | 'hard' | 'rcu',
  more: Readonly<Record<string, string | undefined>>,
): KernelMessage => ({ kind: 'lockup', component: NODE, fields: fieldsOf({ lockup, ...more }), variant: lockup });
