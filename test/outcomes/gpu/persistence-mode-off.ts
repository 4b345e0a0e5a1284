import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { answering, printing } from '../../support/smi-text.ts';

const h100 = simulated();

export default {
  pass: [h100, simulated('gb200-nvl72')],
  findings: {
    off: [
      {
        on: printing(h100, { persistence_mode: 'Disabled' }, { gpu: 2 }),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /^Persistence mode of GPU 2 is off$/,
      },
      {
        on: printing(simulated('gb200-nvl72'), { persistence_mode: 'Disabled' }),
        about: ['gpu0', 'gpu1', 'gpu2', 'gpu3'],
      },
    ],
  },
  // Windows, and drivers that have done away with it.
  skipped: [
    printing(h100, { persistence_mode: 'N/A' }),
    printing(h100, { persistence_mode: 'Requested functionality has been deprecated' }),
    h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
  ],
  unknown: [
    printing(h100, { persistence_mode: 'Insufficient Permissions' }, { gpu: 2 }),
    printing(h100, { persistence_mode: 'On' }, { gpu: 2 }),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
  ],
} satisfies Outcomes;
