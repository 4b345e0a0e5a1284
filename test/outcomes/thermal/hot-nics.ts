import { deviceFile } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const INPUT = deviceFile('mlx5_2', 'hwmon/hwmon3/temp1_input');
const CRITICAL = deviceFile('mlx5_2', 'hwmon/hwmon3/temp1_crit');
const at = (celsius: number, own: number | 'none' = 105) =>
  simulated().with({ [INPUT]: `${celsius * 1000}\n`, [CRITICAL]: own === 'none' ? undefined : `${own * 1000}\n` });
const withoutSensors = simulated().without('sys/class/infiniband/*/device/hwmon/**');

/** A machine of which no profile says how hot its NICs may become. */
const unprofiled = {
  machine: 'plain',
  siteProfiles: [{ id: 'plain', products: ['NVIDIA H100 80GB HBM3'] }],
};

export default {
  pass: [simulated(), simulated('hgx-h100-8-roce'), simulated('gb300-nvl72'), at(96.999)],
  findings: {
    hot: [
      {
        on: at(97),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /The chip of mlx5_2 is at 97 °C; its warning temperature is 97 °C/,
      },
      { on: at(97).configured(unprofiled), about: ['mlx5_2'], expected: 'below 97 °C' },
      { on: at(96.999).configured(unprofiled), about: [] },
      { on: at(104.999), about: ['mlx5_2'] },
      { on: at(101.999, 'none'), about: ['mlx5_2'] },
    ],
    critical: [
      {
        on: at(105),
        about: ['mlx5_2'],
        severity: 'CRITICAL',
        saying: /is at 105 °C; its own critical threshold is 105 °C/,
      },
      { on: at(104.999), about: [] },
      { on: at(102, 'none'), about: ['mlx5_2'], saying: /its critical temperature is 102 °C/ },
      { on: at(102, 'none').configured(unprofiled), about: ['mlx5_2'], expected: 'below 102 °C' },
      { on: at(101.999, 'none').configured(unprofiled), about: [] },
      { on: at(101.999, 'none'), about: [] },
      // A threshold of 0 is none.
      { on: at(102, 0), about: ['mlx5_2'] },
      { on: simulated('hgx-h100-8+nic-hot@mlx5_1'), about: ['mlx5_1'] },
    ],
  },
  skipped: [withoutSensors, simulated().with({ [deviceFile('*', 'hwmon/*/temp1_input')]: '0\n' })],
  unknown: [
    simulated().with({ [INPUT]: 'garbage\n' }),
    simulated().failing({ [INPUT]: 'denied: EACCES' }),
    // The others of its model have the sensor.
    simulated().without(deviceFile('mlx5_2', 'hwmon/**')),
  ],
} satisfies Outcomes;
