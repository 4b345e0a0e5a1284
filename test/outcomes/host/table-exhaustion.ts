import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const FILES = 'proc/sys/fs/file-nr';
const PID_MAX = 'proc/sys/kernel/pid_max';
const MAX = 'proc/sys/kernel/threads-max';

const threads = (count: number, max = 1000, pidMax = 4000) =>
  simulated().with({
    'proc/loadavg': `1.12 1.08 1.02 3/${count} 48920\n`,
    [MAX]: `${max}\n`,
    [PID_MAX]: `${pidMax}\n`,
  });
const files = (open: number) => simulated().with({ [FILES]: `${open}\t0\t100000\n` });
const zombies = (count: number): RawMachine =>
  simulated().with(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `proc/${60_000 + i}/stat`,
        `${60_000 + i} (sh) Z 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 990011 0 0 0\n`,
      ]),
    ),
  );

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    threads(799),
    files(79_999),
    zombies(999),
    // No limit at all.
    simulated().with({ [FILES]: '9000000\t0\t9223372036854775807\n' }),
  ],
  findings: {
    threads: [
      {
        on: threads(800),
        about: ['node'],
        severity: 'WARNING',
        saying: /^The host has 800 threads of at most 1000 \(80 %\)$/,
      },
      { on: threads(949), about: ['node'], severity: 'WARNING' },
      { on: threads(950), about: ['node'], severity: 'CRITICAL' },
      // Numbers may run out first.
      { on: threads(3300, 9000), about: ['node'], severity: 'WARNING', saying: /3300 threads of at most 4000/ },
      { on: simulated('hgx-h100-8+threads-exhausted'), about: ['node'], severity: 'CRITICAL' },
    ],
    'open-files': [
      {
        on: files(80_000),
        about: ['node'],
        severity: 'WARNING',
        saying: /^The host has 80000 open files of at most 100000 \(80 %\)$/,
      },
      { on: files(95_000), about: ['node'], severity: 'CRITICAL' },
    ],
    zombies: {
      on: zombies(1000),
      about: ['node'],
      severity: 'WARNING',
      saying: /^1000 dead processes .*; the limit is 1000$/,
      mayVanish: { paths: /^proc\/\d+\/stat$/, because: 'a process that cannot be read has just ended' },
    },
  },
  skipped: [simulated().without('proc/**'), simulated().without('proc/*/stat')],
  unknown: [
    simulated().failing({ [MAX]: 'denied: EACCES' }),
    simulated().failing({ [PID_MAX]: 'denied: EACCES' }),
    simulated().with({ [PID_MAX]: '0\n' }),
    simulated().with({ [FILES]: '9000\n' }),
    simulated().with({ 'proc/loadavg': '1.12 1.08\n' }),
    simulated().failing({ 'proc/uptime': 'denied: EACCES' }),
  ],
} satisfies Outcomes;
