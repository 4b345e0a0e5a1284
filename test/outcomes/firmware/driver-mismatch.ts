import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x';
const PROC = 'proc/driver/nvidia/version';
const SYS = 'sys/module/nvidia/version';
const other = (text: string): string => text.replaceAll('580.105.08', '570.124.06');
const noTool = { [XML]: 'no-tool: nvidia-smi is not on PATH' };

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    // A driver that is not NVIDIA's open module has no /proc/driver/nvidia.
    simulated().without(PROC),
  ],
  findings: {
    'library-mismatch': [
      {
        on: simulated('hgx-h100-8+driver-mismatch'),
        about: ['node'],
        severity: 'CRITICAL',
        saying: /library 580\.159 does not match the loaded kernel module 580\.105\.08/,
      },
      // The refusal is enough; what is loaded need not be readable.
      {
        on: simulated('hgx-h100-8+driver-mismatch').failing({ [PROC]: 'denied: EACCES', [SYS]: 'denied: EACCES' }),
        about: ['node'],
        saying: /library 580\.159 does not match the loaded kernel module$/,
      },
    ],
    'version-mismatch': [
      {
        on: simulated().with({ [PROC]: other, [SYS]: other }),
        about: ['node'],
        severity: 'CRITICAL',
        saying: 'the driver answers as 580.105.08, the loaded kernel module is 570.124.06',
      },
      {
        on: simulated()
          .without(PROC)
          .with({ [SYS]: other }),
        about: ['node'],
        severity: 'CRITICAL',
      },
    ],
  },
  skipped: [
    // A node without GPUs and without the tool.
    simulated().without('sys/bus/pci/devices/**').failing(noTool),
    // A container without /proc/driver and /sys/module: whether the module is another cannot be said, and need not be.
    simulated().without('sys/bus/pci/devices/**', PROC, SYS).failing(noTool),
  ],
  unknown: [
    simulated('hgx-h100-8+hung-smi'),
    simulated('hgx-h100-8+broken-smi'),
    // The PCI bus shows GPUs: the tool must be there.
    simulated().failing(noTool),
    simulated().failing({ [PROC]: 'denied: EACCES', [SYS]: 'denied: EACCES' }),
  ],
} satisfies Outcomes;
