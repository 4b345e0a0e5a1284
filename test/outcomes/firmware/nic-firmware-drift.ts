import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const file = (device: string, name: string): string => `sys/class/infiniband/${device}/${name}`;
const firmware = (version: string, ...devices: readonly string[]) =>
  Object.fromEntries(devices.map((device) => [file(device, 'fw_ver'), `${version}\n`]));
const COMPUTE = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => `mlx5_${index}`);
/** Another port of the device, which says what the first does. */
const secondPort = (device: string): RawMachine => {
  const first = `sys/class/infiniband/${device}/ports/1/`;
  const files = [...(simulated().moments[0]?.tree ?? [])].filter(([path]) => path.startsWith(first));
  return simulated().with(
    Object.fromEntries(files.map(([path, text]) => [path.replace('/ports/1/', '/ports/2/'), text])),
  );
};
const pinned = (...versions: readonly string[]) => simulated().configured({ pins: { 'nic-firmware': versions } });

export default {
  pass: [
    simulated(),
    // BlueField-3 of another board has firmware of its own; a pin is for the NICs of the fabric.
    pinned('28.41.1000'),
    pinned('28.43.2026', '28.41.1000'),
    // The only NIC of its board.
    simulated().with({ [file('mlx5_3', 'board_id')]: 'DEL0000000033\n', ...firmware('28.39.2048', 'mlx5_3') }),
    // What a management NIC does not say is nothing to a pin.
    pinned('28.41.1000').with(firmware('32.43.1014', 'mlx5_8', 'mlx5_9')),
  ],
  findings: {
    'differs-from-siblings': [
      {
        on: simulated().with(firmware('28.39.2048', 'mlx5_2')),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: 'mlx5_2 has firmware 28.39.2048; 7 of 8 of its model have 28.41.1000',
      },
      { on: simulated().with(firmware('28.39.2048', 'mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3')), about: ['node'] },
      // Two ports of a device share its firmware.
      {
        on: secondPort('mlx5_2').with(firmware('28.39.2048', 'mlx5_2')),
        about: ['mlx5_2'],
        saying: '7 of 8 of its model have 28.41.1000',
      },
      // Two of a board, and they differ.
      { on: simulated().with(firmware('32.43.1014', 'mlx5_9')), about: ['node'] },
    ],
    'differs-from-pin': [
      {
        on: pinned('28.43.2026'),
        about: COMPUTE,
        severity: 'WARNING',
        saying: /mlx5_\d has firmware 28\.41\.1000; the configuration pins 28\.43\.2026/,
      },
      { on: pinned('28.41.1000').with(firmware('28.39.2048', 'mlx5_2')), about: ['mlx5_2'] },
    ],
  },
  skipped: [
    // No NIC, and no profile that is sure of one.
    simulated('gb200-nvl72').without('sys/class/infiniband/**').failing({ 'commands/ibstat': 'no-tool: not on PATH' }),
  ],
  unknown: [
    simulated().failing({ [file('mlx5_4', 'fw_ver')]: 'denied: EACCES' }),
    simulated().failing({ [file('mlx5_4', 'board_id')]: 'denied: EACCES' }),
    pinned('28.41.1000').failing({ [file('mlx5_4', 'fw_ver')]: 'failed: EIO' }),
    simulated().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
  ],
} satisfies Outcomes;
