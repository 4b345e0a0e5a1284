import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const SOFT = 'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python3:2254956]';
const HARD = 'watchdog: Watchdog detected hard LOCKUP on cpu 17';
const STALL = 'rcu: INFO: rcu_preempt self-detected stall on CPU';
const OOPS = 'Oops: 0002 [#1] PREEMPT SMP NOPTI';

const said = (line: string, secondsAgo = 10) => simulated().saying([line], { secondsAgo });

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    said(SOFT, 86_401),
    said(STALL, 86_401),
    simulated().saying([SOFT, HARD, STALL, OOPS], { facility: 1 }),
    // A warning of the kernel is no death, and what announces one is not counted beside it.
    said('WARNING: CPU: 3 PID: 4242 at kernel/workqueue.c:3121 __flush_work+0x2a0/0x2c0'),
    said('BUG: kernel NULL pointer dereference, address: 0000000000000018'),
    // A user may call a program what he likes.
    said('Oops: 0000 [#1][4711]: segfault at 0 ip 00005581 sp 00007ffd error 4 in app[5581+1000]'),
  ],
  findings: {
    'soft-lockup': [
      {
        on: said(SOFT, 86_399),
        about: ['node'],
        severity: 'WARNING',
        saying: /^CPU 3 ran one task \(python3, pid 2254956\) for 22 s without a break, at 2026-/,
      },
      {
        on: said(SOFT, 400).saying(['BUG: soft lockup - CPU#5 stuck for 48s!']),
        about: ['node'],
        saying: /^CPU 5 ran one task for 48 s without a break, 2 times since /,
      },
    ],
    'hard-lockup': {
      on: said(HARD, 100_000),
      about: ['node'],
      severity: 'WARNING',
      saying: /^CPU 17 took no interrupt/,
    },
    'rcu-stall': { on: said(STALL, 86_399), about: ['node'], severity: 'WARNING', saying: /\(RCU stall\), at / },
    'kernel-bug': [
      { on: said(OOPS, 100_000), about: ['node'], severity: 'WARNING', saying: /\(Oops\), at / },
      {
        on: said('invalid opcode: 0000 [#3] SMP'),
        about: ['node'],
        saying: /\(invalid opcode\), at /,
      },
    ],
  },
  skipped: simulated().without('kmsg'),
  unknown: simulated().failing({ kmsg: 'denied: EACCES' }),
} satisfies Outcomes;
