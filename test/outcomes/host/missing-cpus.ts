import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { profileSaying } from '../../support/site-profile.ts';

const CPU = 'sys/devices/system/cpu';
const ONLINE = `${CPU}/online`;
const SMT = `${CPU}/smt/control`;
const NODES = 'sys/devices/system/node/online';

/** An HGX H100 node has 224 CPUs in 2 memory nodes. */
const expecting = (host: Readonly<Record<string, number>>) => simulated().configured(profileSaying(host));

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    // Spare numbers for CPUs that could be plugged in are no CPUs.
    simulated().with({ [`${CPU}/possible`]: '0-511\n' }),
    simulated().with({ [ONLINE]: '0-111\n', [SMT]: 'off\n' }),
    simulated().with({ [ONLINE]: '0-111\n', [SMT]: 'forceoff\n' }),
    simulated().without(SMT),
    expecting({ cpus: 224, numa_nodes: 2 }),
    expecting({ cpus: 223 }),
  ],
  findings: {
    offline: [
      {
        on: simulated('hgx-h100-8+cpus-offline'),
        about: ['node'],
        severity: 'WARNING',
        saying: /^4 CPUs are offline: 220 of 224 are online, 224 should be$/,
      },
      { on: simulated().with({ [ONLINE]: '0-55,57-223\n' }), about: ['node'], saying: /^1 CPU is offline: 223 of/ },
      {
        on: simulated().with({ [ONLINE]: '0-110\n', [SMT]: 'off\n' }),
        about: ['node'],
        saying: /^1 CPU is offline: 111 of 224 are online and multithreading is off, 112 should be$/,
      },
      { on: simulated().with({ [ONLINE]: '0-111\n', [SMT]: 'on\n' }), about: ['node'], saying: /^112 CPUs/ },
    ],
    'too-few-cpus': {
      on: expecting({ cpus: 225 }),
      about: ['node'],
      severity: 'WARNING',
      saying: /^CPUs online: 224; the machine profile says 225$/,
    },
    'numa-nodes': [
      {
        on: expecting({ numa_nodes: 3 }),
        about: ['node'],
        severity: 'WARNING',
        saying: /^Memory nodes online: 2; the machine profile says 3$/,
      },
      // More of them is another BIOS setting (nodes per socket), and other affinities.
      { on: expecting({ numa_nodes: 1 }), about: ['node'] },
    ],
  },
  skipped: [simulated().without('sys/**'), simulated().without(ONLINE)],
  unknown: [
    simulated().with({ [ONLINE]: '0-\n' }),
    simulated().failing({ [CPU]: 'denied: EACCES' }),
    expecting({ numa_nodes: 2 }).without(NODES),
  ],
} satisfies Outcomes;
