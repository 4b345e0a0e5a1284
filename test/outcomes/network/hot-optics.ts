import { DOWN, deviceFile, portFiles } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const INPUT = deviceFile('mlx5_2', 'hwmon/hwmon3/temp2_input');
const ALARM = deviceFile('mlx5_2', 'hwmon/hwmon3/temp2_crit');
const at = (celsius: number, own: number | 'none' = 80) =>
  simulated().with({ [INPUT]: `${celsius * 1000}\n`, [ALARM]: own === 'none' ? undefined : `${own * 1000}\n` });
const copper = (device: string) => simulated().without(deviceFile(device, 'hwmon/*/temp2_*'));

export default {
  pass: [
    simulated(),
    at(79.999),
    at(74.999, 'none'),
    // The storage port has a copper cable, the compute ports have transceivers.
    copper('mlx5_8'),
    // A port that nothing uses, with a hot module left in it.
    simulated().with({
      [deviceFile('mlx5_9', 'hwmon/hwmon10/temp2_label')]: 'Module0\n',
      [deviceFile('mlx5_9', 'hwmon/hwmon10/temp2_input')]: '95000\n',
      ...portFiles('mlx5_9', DOWN),
    }),
  ],
  findings: {
    hot: [
      {
        on: at(80),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /transceiver of mlx5_2 is at 80 °C; its own alarm threshold is 80 °C/,
      },
      { on: at(75, 'none'), about: ['mlx5_2'], saying: /is at 75 °C; the limit is 75 °C/ },
      { on: simulated('hgx-h100-8-roce+optics-hot@mlx5_5'), about: ['mlx5_5'] },
    ],
  },
  skipped: [copper('*'), simulated().without('sys/class/infiniband/*/device/hwmon/**')],
  unknown: [
    // A compute port without the sensor that the other compute ports have.
    copper('mlx5_2'),
    simulated().with({ [INPUT]: '-\n' }),
  ],
} satisfies Outcomes;
