import { DOWN, portFile, portFiles, silent } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const inState = (device: string, state: string, phys = '5: LinkUp\n') =>
  simulated().with(portFiles(device, { state: `${state}\n`, phys_state: phys }));
const compute = ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3', 'mlx5_4', 'mlx5_5', 'mlx5_6', 'mlx5_7'];

export default {
  pass: [
    // The second port of the storage card is down on every healthy machine.
    simulated(),
    simulated('gb200-nvl72'),
    simulated('hgx-h100-8-roce'),
    // A storage port carries no job.
    simulated().with(portFiles('mlx5_8', DOWN)),
  ],
  findings: {
    down: [
      {
        on: simulated().with(portFiles('mlx5_3', DOWN)),
        about: ['mlx5_3'],
        severity: 'CRITICAL',
        saying: /mlx5_3 is DOWN \(no link\); 7 like it are up/,
      },
      { on: simulated().with(portFiles('mlx5_3', { ...DOWN, phys_state: '3: Disabled\n' })), about: ['mlx5_3'] },
      // Nothing here shows that they ever worked, and the profile's count is assumed.
      {
        on: simulated().with(Object.assign({}, ...compute.map((device) => portFiles(device, DOWN)))),
        about: compute,
        severity: 'WARNING',
        saying: /no other compute port of its kind is up either/,
      },
      { on: simulated('hgx-h100-8-roce+ib-down@mlx5_6'), about: ['mlx5_6'], severity: 'CRITICAL' },
    ],
    initializing: {
      on: inState('mlx5_3', '2: INIT'),
      about: ['mlx5_3'],
      severity: 'CRITICAL',
      saying: /INIT \(linked, but no subnet manager/,
    },
    armed: { on: inState('mlx5_3', '3: ARMED'), about: ['mlx5_3'], severity: 'CRITICAL' },
  },
  skipped: [simulated().without('sys/class/infiniband/**', 'commands/ibstat.out')],
  unknown: [
    inState('mlx5_3', '7: BEYOND'),
    simulated().without(portFile('mlx5_3', 'state')),
    simulated().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
    simulated().failing(silent('mlx5_3')),
  ],
} satisfies Outcomes;
