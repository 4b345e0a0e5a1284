import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { onAllGpus, onGpu } from '../../support/smi-edit.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const BRAKED = 'clocks_event_reasons_counters_hw_power_brake';
const NOW = 'clocks_event_reason_hw_power_brake_slowdown';
const ALL_GPUS = Array.from({ length: 8 }, (_, index) => `gpu${index}`);

const grown = (microseconds: number, before = 0) =>
  simulated()
    .with({ [XML]: onGpu(2, { [BRAKED]: `${before} us` }) })
    .with({ [XML]: onGpu(2, { [BRAKED]: `${before + microseconds} us` }) }, { from: 1 });

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72+busy'),
    simulated('hgx-a100-8'),
    // Braked for two hours in its life, not now.
    grown(0, 7_015_662_857),
    grown(50_000),
    // The driver was loaded anew: the counter began again.
    simulated()
      .with({ [XML]: onGpu(2, { [BRAKED]: '9000000 us' }) })
      .with({ [XML]: onGpu(2, { [BRAKED]: '0 us' }) }, { from: 1 }),
  ],
  findings: {
    braked: [
      {
        on: grown(50_001),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^GPU 2 was held back by the power brake 1 % of the last 5 s$/,
      },
      { on: simulated('hgx-h100-8+power-brake@gpu5'), about: ['gpu5'], saying: /50 % of the last 5 s$/ },
    ],
    'brake-active': [
      {
        on: simulated().with({ [XML]: onGpu(2, { [NOW]: 'Active' }) }),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^GPU 2 is held back by the power brake at this moment$/,
      },
      { on: simulated('hgx-a100-8').with({ [XML]: onAllGpus({ [NOW]: 'Active' }) }), about: ALL_GPUS },
      // Said once, by what tells more.
      { on: simulated('hgx-h100-8+power-brake@gpu5'), about: [] },
    ],
  },
  skipped: simulated().with({ [XML]: onAllGpus({ [NOW]: 'N/A', [BRAKED]: 'N/A' }) }),
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    simulated('hgx-h100-8+hung-smi'),
    simulated().with({ [XML]: onGpu(2, { [NOW]: 'Unknown Error' }) }),
    simulated().with({ [XML]: onGpu(2, { [BRAKED]: 'Unknown Error' }) }),
  ],
} satisfies Outcomes;
