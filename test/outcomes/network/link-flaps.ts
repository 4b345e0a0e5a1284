import { deviceFile, portFile, raised } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const DOWNED = portFile('mlx5_3', 'counters/link_downed');
const CARRIER = deviceFile('mlx5_3', 'net/ibp94s0/carrier_down_count');
const lost = (path: string, times: number, on: RawMachine = simulated()): RawMachine =>
  on.with({ [path]: raised(times) }, { from: 1 });
/** Samples over an hour, the losses before the last 15 minutes. */
const yesterday = (times: number): RawMachine =>
  simulated('hgx-h100-8', [0, 600, 1200, 1800, 2400, 3000, 3600]).with({ [DOWNED]: raised(times) }, { from: 1 });

export default {
  pass: [
    simulated(),
    simulated('hgx-h100-8-roce'),
    simulated().with({ [DOWNED]: '211\n', [CARRIER]: '5213\n' }),
    yesterday(4),
    // The unused port of a card.
    lost(deviceFile('mlx5_9', 'net/enp170s0f1np1/carrier_down_count'), 9),
    // Its interface is in another network namespace: link_downed alone tells.
    simulated().without(deviceFile('mlx5_3', 'net/**')),
  ],
  findings: {
    'went-down': [
      {
        on: lost(DOWNED, 1),
        about: ['mlx5_3'],
        severity: 'WARNING',
        saying: /mlx5_3 lost its link once in the last 5 s/,
      },
      { on: lost(CARRIER, 2), about: ['mlx5_3'], saying: /2 times/ },
      { on: lost(DOWNED, 1).without(deviceFile('mlx5_3', 'net/**')), about: ['mlx5_3'] },
      { on: yesterday(5), about: [] },
      { on: simulated('hgx-h100-8-roce+ib-flap@mlx5_4'), about: ['mlx5_4'] },
    ],
    flapping: [
      { on: lost(DOWNED, 5), about: ['mlx5_3'], severity: 'WARNING', saying: /5 in 24 h are flapping/ },
      { on: lost(CARRIER, 4), about: [] },
      { on: yesterday(5), about: ['mlx5_3'], saying: /5 times in the last 60 min/ },
    ],
  },
  skipped: [
    simulated('hgx-h100-8', [0]),
    simulated().without('sys/class/infiniband/*/ports/1/counters/*', 'sys/class/infiniband/*/device/net/**'),
  ],
  unknown: [
    simulated().with({ [DOWNED]: 'many\n' }),
    simulated().failing({ [CARRIER]: 'denied: EACCES' }),
    simulated().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
  ],
} satisfies Outcomes;
