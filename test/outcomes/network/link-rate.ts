import { DOWN, deviceFile, portFile, portFiles } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const at = (device: string, rate: string, on: RawMachine = simulated()): RawMachine =>
  on.with({ [portFile(device, 'rate')]: `${rate}\n` });
const HDR = '200 Gb/sec (4X HDR)';
const compute = ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3', 'mlx5_4', 'mlx5_5', 'mlx5_6', 'mlx5_7'];

/** The device with another port, which says what the first does. */
const inTwoPorts = (device: string): RawMachine => {
  const first = portFile(device, '');
  const files = [...(simulated().moments[0]?.tree ?? [])].filter(([path]) => path.startsWith(first));
  return simulated().with(
    Object.fromEntries(files.map(([path, text]) => [path.replace('/ports/1/', '/ports/2/'), text])),
  );
};
/** Cards that show their rate in two halves, as two functions with half of it each. */
const inTwoPlanes = compute.reduce(
  (on, device, i) =>
    on.with({
      [deviceFile(device, 'uevent')]:
        `DRIVER=mlx5_core\nPCI_SLOT_NAME=0000:${40 + 2 * Math.floor(i / 2)}:00.${i % 2}\n`,
    }),
  at('mlx5_*', HDR),
);

export default {
  pass: [
    simulated(),
    simulated('gb300-nvl72'),
    // A port without a link prints a rate that it does not have.
    simulated().with(portFiles('mlx5_3', DOWN)),
    at('mlx5_8', '100 Gb/sec (4X EDR)'),
    at('mlx5_*', '800 Gb/sec (4X XDR)'),
    // Together the two give what the profile expects of the card.
    inTwoPlanes,
  ],
  findings: {
    'below-siblings': [
      {
        on: at('mlx5_3', HDR),
        about: ['mlx5_3'],
        severity: 'CRITICAL',
        saying: /mlx5_3 is up at 200 Gb\/s; 7 of 7 ports like it run faster, at 400 Gb\/s/,
      },
      { on: at('mlx5_3', '399 Gb/sec (4X NDR)'), about: ['mlx5_3'] },
      // One port of two.
      {
        on: inTwoPorts('mlx5_2').with({ 'sys/class/infiniband/mlx5_2/ports/2/rate': `${HDR}\n` }),
        about: ['mlx5_2'],
        saying: /^mlx5_2 port 2 is up at 200 Gb\/s/,
      },
      // Of two groups of equal size the faster shows what the others should do.
      { on: at('mlx5_3', HDR, at('mlx5_2', HDR, at('mlx5_1', HDR, at('mlx5_0', HDR)))), about: compute.slice(0, 4) },
      { on: simulated('gb200-nvl72+ib-rate@mlx5_2'), about: ['mlx5_2'] },
      // What runs on the others nobody can read, and they are of its model: they show what it could do.
      {
        on: at('mlx5_3', HDR).failing(
          Object.fromEntries(
            compute.filter((one) => one !== 'mlx5_3').map((one) => [portFile(one, 'link_layer'), 'denied: EACCES']),
          ),
        ),
        about: ['mlx5_3'],
        saying: /^mlx5_3 is up at 200 Gb\/s; 7 of 7 ports like it run faster/,
      },
    ],
    'below-profile': [
      {
        on: compute.reduce((on, device) => at(device, HDR, on), simulated()),
        about: compute,
        severity: 'WARNING',
        saying: /is up at 200 Gb\/s; the machine profile expects 400 Gb\/s/,
      },
      { on: at('mlx5_*', '199 Gb/sec (4X HDR)', inTwoPlanes), about: compute },
    ],
  },
  skipped: [
    simulated().without('sys/class/infiniband/**', 'commands/ibstat.out'),
    simulated().with(Object.assign({}, ...compute.map((device) => portFiles(device, DOWN)))),
  ],
  unknown: [
    at('mlx5_3', 'fast'),
    simulated().without(portFile('mlx5_3', 'rate')),
    simulated().failing({ [portFile('mlx5_3', 'link_layer')]: 'denied: EACCES' }),
    simulated().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
  ],
} satisfies Outcomes;
