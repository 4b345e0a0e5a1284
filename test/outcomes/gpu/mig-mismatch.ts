import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const MODE = /<current_mig>[^<]*<\/current_mig>(\s*)<pending_mig>[^<]*<\/pending_mig>/g;

/** `current > pending` for each GPU; where there are fewer, the last counts on. */
const modes = (...given: readonly string[]): RawMachine =>
  simulated().with({
    [XML]: (xml) => {
      let gpu = -1;
      return xml.replace(MODE, (_, space: string) => {
        gpu += 1;
        const [current = '', pending = current] = (given[gpu] ?? given.at(-1) ?? '').split(' > ');
        return `<current_mig>${current}</current_mig>${space}<pending_mig>${pending}</pending_mig>`;
      });
    },
  });
const expecting = (machine: RawMachine, options: Readonly<Record<string, string | boolean>>): RawMachine =>
  machine.configured({ checks: { 'gpu/mig-mismatch': { mode: 'enforce', options } } });

const [ON, OFF] = ['Enabled', 'Disabled'];
const HALF = [ON, ON, ON, ON, OFF, OFF, OFF, OFF];

export default {
  pass: [
    simulated(),
    modes(ON),
    expecting(modes(ON), { expected_mig_mode: 'enabled' }),
    expecting(simulated(), { expected_mig_mode: ' Disabled ' }),
    expecting(modes(...HALF), { mixed_mig_modes: true }),
  ],
  findings: {
    differs: [
      {
        on: modes(OFF, OFF, ON, OFF),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^GPU 2 has MIG mode Enabled; 7 of 8 of its model have Disabled$/,
      },
      { on: modes(ON, ON, OFF, ON), about: ['gpu2'] },
      // Nobody can say which half is wrong.
      { on: modes(...HALF), about: ['node'] },
      { on: simulated('hgx-h100-8+mig@gpu5'), about: ['gpu5'] },
      // A configuration says which mode is right, and then that is what is told.
      { on: expecting(modes(OFF, OFF, ON, OFF), { expected_mig_mode: 'enabled' }), about: [] },
    ],
    pending: [
      {
        on: modes(OFF, OFF, `${OFF} > ${ON}`, OFF),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /is Disabled, and will be Enabled after its next reset$/,
      },
      { on: modes(`${ON} > ${OFF}`), about: [0, 1, 2, 3, 4, 5, 6, 7].map((gpu) => `gpu${gpu}`) },
      { on: simulated('hgx-h100-8+mig-pending@gpu5'), about: ['gpu5'] },
      { on: expecting(modes(OFF, `${OFF} > ${ON}`, OFF), { mixed_mig_modes: true }), about: ['gpu1'] },
    ],
    unexpected: [
      {
        on: expecting(modes(OFF, OFF, ON, OFF), { expected_mig_mode: 'disabled' }),
        about: ['gpu2'],
        observed: 'Enabled',
        expected: 'Disabled',
        severity: 'WARNING',
        saying: /^MIG mode of GPU 2 is Enabled; the configuration expects disabled$/,
      },
      { on: expecting(modes(ON, OFF, ON), { expected_mig_mode: 'enabled' }), about: ['gpu1'] },
    ],
  },
  // GPUs without MIG.
  skipped: modes('N/A'),
  unknown: [
    modes(OFF, OFF, 'GPU is lost', OFF),
    modes(`${OFF} > N/A`),
    modes(OFF, OFF, `${OFF} > Insufficient Permissions`, OFF),
    expecting(simulated(), { expected_mig_mode: 'on' }),
  ],
} satisfies Outcomes;
