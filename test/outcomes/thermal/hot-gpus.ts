import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { onAllGpus, onGpu } from '../../support/smi-edit.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
/** Hopper prints a margin, Ampere absolute limits: 85 °C maximum operating, 89 °C slowdown. */
const hopper = (fields: Readonly<Record<string, string>>) => simulated().with({ [XML]: onGpu(2, fields) });
const ampere = (fields: Readonly<Record<string, string>>) => simulated('hgx-a100-8').with({ [XML]: onGpu(2, fields) });

export default {
  pass: [
    simulated(),
    simulated('hgx-a100-8'),
    simulated('gb200-nvl72+busy'),
    hopper({ gpu_temp: '86 C', gpu_temp_tlimit: '1 C' }),
    ampere({ gpu_temp: '84 C' }),
    // Some H100 print a margin of 0 or less whatever their temperature: it is not believed.
    hopper({ gpu_temp: '30 C', gpu_temp_tlimit: '-2 C' }),
    hopper({ gpu_temp: '30 C', gpu_temp_tlimit: '0 C' }),
    hopper({ gpu_temp: '86 C', gpu_temp_tlimit: '-12 C' }),
    hopper({ gpu_temp: '86 C', gpu_temp_tlimit: '25 C' }),
    // An older board has only its slowdown temperature to go by.
    ampere({ gpu_temp_max_gpu_threshold: 'N/A', gpu_temp: '84 C', product_architecture: 'Pascal' }),
    ampere({ gpu_temp_max_gpu_threshold: 'N/A', gpu_temp: '88 C', product_architecture: 'Pascal' }),
  ],
  findings: {
    hot: [
      {
        on: hopper({ gpu_temp: '87 C', gpu_temp_tlimit: '0 C' }),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^GPU 2 is 0 °C below its maximum operating temperature, at 87 °C$/,
      },
      {
        on: simulated('hgx-h100-8+hot@gpu5'),
        about: ['gpu5'],
        saying: /^GPU 5 is 1 °C above its maximum operating temperature, at 88 °C$/,
      },
      // 75 and 110 °C are the least and the most that a maximum can be.
      { on: hopper({ gpu_temp: '76 C', gpu_temp_tlimit: '-1 C' }), about: ['gpu2'], saying: /is 1 °C above/ },
      { on: hopper({ gpu_temp: '112 C', gpu_temp_tlimit: '-2 C' }), about: ['gpu2'], saying: /is 2 °C above/ },
      {
        on: hopper({ gpu_temp: '113 C', gpu_temp_tlimit: '-2 C' }),
        about: ['gpu2'],
        saying: /at 113 °C; the limit is 87 °C \(its own margin is not plausible\)$/,
      },
      { on: hopper({ gpu_temp: '87 C', gpu_temp_tlimit: '-13 C' }), about: ['gpu2'], saying: /the limit is 87 °C/ },
      {
        on: ampere({ gpu_temp: '85 C' }),
        about: ['gpu2'],
        saying: /^GPU 2 is at 85 °C; the limit is 85 °C \(its maximum operating temperature\)$/,
      },
      {
        on: ampere({ gpu_temp_max_gpu_threshold: 'N/A', gpu_temp: '89 C', product_architecture: 'Pascal' }),
        about: ['gpu2'],
        saying: /the limit is 89 °C \(its slowdown temperature\)$/,
      },
      {
        on: hopper({ gpu_temp: '82 C', gpu_temp_tlimit: '5 C' }).configured({
          checks: { 'thermal/hot-gpus': { mode: 'enforce', options: { margin_celsius: 5, core_celsius: 87 } } },
        }),
        about: ['gpu2'],
        saying: /^GPU 2 is 5 °C below/,
      },
    ],
  },
  skipped: [
    simulated().with({ [XML]: onAllGpus({ gpu_temp: '0 C' }) }),
    simulated().with({ [XML]: onAllGpus({ gpu_temp_tlimit: 'N/A' }) }),
    simulated('hgx-a100-8').with({ [XML]: onAllGpus({ gpu_temp_max_gpu_threshold: 'N/A' }) }),
  ],
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    simulated('hgx-h100-8+hung-smi'),
    hopper({ gpu_temp: 'N/A' }),
    hopper({ gpu_temp_tlimit: 'Unknown Error' }),
    // An Ampere board has this limit; that it does not print it is no leave to take another.
    ampere({ gpu_temp_max_gpu_threshold: 'N/A' }),
  ],
} satisfies Outcomes;
