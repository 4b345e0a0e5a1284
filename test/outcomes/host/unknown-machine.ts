import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const strange = simulated()
  .with({
    [XML]: (xml) =>
      xml
        .replaceAll(/<product_name>[^<]*/g, '<product_name>NVIDIA X9')
        .replaceAll(/<pci_device_id>[^<]*/g, '<pci_device_id>FFFF10DE')
        .replaceAll(/<pci_sub_system_id>[^<]*/g, '<pci_sub_system_id>000110DE'),
  })
  .with({ 'sys/bus/pci/devices/*/device': (id) => id.replace(/0x2330/, '0xffff') });

export default {
  pass: [simulated(), simulated('gb200-nvl72'), simulated().configured({ machine: 'hgx-h100-8' })],
  findings: {
    'unknown-machine': {
      on: strange,
      about: ['node'],
      severity: 'INFO',
      saying: /^No machine profile matches this node,/,
    },
    'wrong-machine': [
      {
        on: simulated().configured({ machine: 'hgx-b200-8' }),
        about: ['node'],
        severity: 'CRITICAL',
        saying: /^The configuration says hgx-b200-8 \(NVIDIA B200\), but the machine has 8 × NVIDIA H100 80GB HBM3$/,
      },
      {
        on: simulated().configured({ machine: 'nope' }),
        about: ['node'],
        saying: /^No machine profile is named nope; known are .*hgx-h100-8/,
      },
    ],
  },
  skipped: strange.failing({ 'commands/nvidia-smi_-q_-x': 'no-tool: nvidia-smi: not on PATH' }),
  unknown: strange.failing({ 'commands/nvidia-smi_-q_-x': 'hung: no answer in 10 s' }),
} satisfies Outcomes;
