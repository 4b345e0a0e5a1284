import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { onAllGpus, onGpu } from '../../support/smi-edit.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const limit = (watts: string) => simulated().with({ [XML]: onGpu(2, { current_power_limit: watts }) });

export default {
  pass: [
    simulated(),
    simulated('hgx-a100-8'),
    simulated('gb200-nvl72+busy'),
    // The driver rounds to its own steps; more than the default is no cap.
    limit('699.00 W'),
    limit('705.00 W'),
    // A board that is sold with less.
    simulated().with({ [XML]: onAllGpus({ current_power_limit: '500.00 W', default_power_limit: '500.00 W' }) }),
  ],
  findings: {
    lowered: [
      {
        on: limit('698.99 W'),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^the power limit of GPU 2 is 698\.99 W; its default is 700 W$/,
      },
      { on: simulated('hgx-h100-8+power-cap@gpu5'), about: ['gpu5'], saying: /is 490 W; its default is 700 W$/ },
    ],
  },
  skipped: [
    simulated().with({ [XML]: onAllGpus({ current_power_limit: 'N/A' }) }),
    simulated().with({ [XML]: onAllGpus({ default_power_limit: 'N/A' }) }),
  ],
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    simulated('hgx-h100-8+hung-smi'),
    limit('Unknown Error'),
    limit('N/A'),
    simulated().with({ [XML]: onGpu(2, { default_power_limit: 'Unknown Error' }) }),
  ],
} satisfies Outcomes;
