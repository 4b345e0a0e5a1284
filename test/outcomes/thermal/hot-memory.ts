import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { onAllGpus, onGpu } from '../../support/smi-edit.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
/** Ampere prints its limit, 95 °C in the simulated machine; Hopper none, so that the default of 95 °C holds. */
const hopper = (fields: Readonly<Record<string, string>>) => simulated().with({ [XML]: onGpu(2, fields) });
const ampere = (fields: Readonly<Record<string, string>>) => simulated('hgx-a100-8').with({ [XML]: onGpu(2, fields) });

export default {
  pass: [
    simulated(),
    simulated('hgx-a100-8'),
    simulated('gb200-nvl72+busy'),
    hopper({ memory_temp: '94 C' }),
    ampere({ memory_temp: '94 C' }),
    ampere({ memory_temp: '99 C', gpu_temp_max_mem_threshold: '100 C' }),
  ],
  findings: {
    hot: [
      {
        on: hopper({ memory_temp: '95 C' }),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^memory of GPU 2 is at 95 °C; the limit is 95 °C$/,
      },
      { on: ampere({ memory_temp: '95 C' }), about: ['gpu2'] },
      {
        on: ampere({ memory_temp: '90 C', gpu_temp_max_mem_threshold: '90 C' }),
        about: ['gpu2'],
        saying: /the limit is 90 °C$/,
      },
    ],
  },
  skipped: [
    simulated().with({ [XML]: onAllGpus({ memory_temp: 'N/A' }) }),
    simulated().with({ [XML]: onAllGpus({ memory_temp: '0 C' }) }),
    // Prints its other limits and not this one.
    simulated('hgx-a100-8').with({ [XML]: onAllGpus({ memory_temp: '120 C', gpu_temp_max_mem_threshold: 'N/A' }) }),
    simulated('hgx-a100-8').with({
      [XML]: onAllGpus({ gpu_temp_max_mem_threshold: 'N/A', gpu_temp_max_gpu_threshold: 'N/A' }),
    }),
  ],
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    simulated('hgx-h100-8+hung-smi'),
    hopper({ memory_temp: 'Unknown Error' }),
    ampere({ gpu_temp_max_mem_threshold: 'Unknown Error' }),
  ],
} satisfies Outcomes;
