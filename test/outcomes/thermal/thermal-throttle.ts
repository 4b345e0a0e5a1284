import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { onAllGpus, onGpu } from '../../support/smi-edit.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const HW = 'clocks_event_reasons_counters_hw_therm_slowdown';
const SW = 'clocks_event_reasons_counters_sw_therm_slowdown';
const HW_NOW = 'clocks_event_reason_hw_thermal_slowdown';
const SW_NOW = 'clocks_event_reason_sw_thermal_slowdown';
const BRAKE_NOW = 'clocks_event_reason_hw_power_brake_slowdown';
const UMBRELLA = 'clocks_event_reason_hw_slowdown';

const now = (fields: Readonly<Record<string, string>>, machine = 'hgx-h100-8') =>
  simulated(machine).with({ [XML]: onGpu(2, fields) });
/** In the five seconds between two samples. */
const grown = (counter: string, microseconds: number) =>
  simulated()
    .with({ [XML]: onGpu(2, { [counter]: '0 us' }) })
    .with({ [XML]: onGpu(2, { [counter]: `${microseconds} us` }) }, { from: 1 });

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72+busy'),
    // Before 580 there is no time, and the flags are enough.
    simulated('hgx-a100-8'),
    // What it throttled in its life says nothing of today; 1 % of the time is a single instant.
    now({ [HW]: '7015662857 us', [SW]: '7015662857 us' }),
    grown(HW, 50_000),
    grown(SW, 50_000),
  ],
  findings: {
    'hw-thermal': [
      {
        on: grown(HW, 50_001),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^GPU 2: the hardware slows it down for heat, 1 % of the last 5 s$/,
      },
      // Said once, by what tells more.
      { on: simulated('hgx-h100-8+throttle@gpu5'), about: ['gpu5'], saying: /, 40 % of the last 5 s$/ },
    ],
    'sw-thermal': {
      on: grown(SW, 2_500_000),
      about: ['gpu2'],
      severity: 'WARNING',
      saying: /^GPU 2: the driver slows it down for heat, 50 % of the last 5 s$/,
    },
    'hw-thermal-active': [
      {
        on: now({ [HW_NOW]: 'Active', [UMBRELLA]: 'Active' }),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^GPU 2: the hardware slows it down for heat, at this moment$/,
      },
      { on: now({ [HW_NOW]: 'Active' }, 'hgx-a100-8'), about: ['gpu2'] },
      { on: simulated('hgx-h100-8+throttle@gpu5'), about: [] },
    ],
    'sw-thermal-active': [
      {
        on: now({ [SW_NOW]: 'Active' }),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^GPU 2: the driver slows it down for heat, at this moment$/,
      },
      { on: grown(SW, 50_001).with({ [XML]: onGpu(2, { [SW_NOW]: 'Active' }) }), about: [] },
    ],
    'hw-slowdown-active': [
      {
        on: now({ [UMBRELLA]: 'Active' }),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /^GPU 2: the hardware slows it down, and names neither heat nor power brake$/,
      },
      // Beside its cause it says nothing more.
      { on: now({ [UMBRELLA]: 'Active', [HW_NOW]: 'Active' }), about: [] },
      { on: now({ [UMBRELLA]: 'Active', [BRAKE_NOW]: 'Active' }), about: [] },
    ],
  },
  skipped: simulated().with({
    [XML]: onAllGpus({ [HW_NOW]: 'N/A', [SW_NOW]: 'N/A', [UMBRELLA]: 'N/A', [HW]: 'N/A', [SW]: 'N/A' }),
  }),
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    simulated('hgx-h100-8+hung-smi'),
    now({ [HW_NOW]: 'Unknown Error' }),
    now({ [HW]: 'Unknown Error' }),
  ],
} satisfies Outcomes;
