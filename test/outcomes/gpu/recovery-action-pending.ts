import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { answering, printing, SMI_XML } from '../../support/smi-text.ts';

const h100 = simulated();
const ACTION = 'gpu_recovery_action';
const asked = (text: string, gpu = 2): RawMachine => printing(h100, { [ACTION]: text }, { gpu });

/** Before R570: no recovery action, and a flag. */
const r535 = (flag: string, gpu?: number): RawMachine =>
  printing(
    printing(simulated('hgx-a100-8'), { 'gpu_reset_status/reset_required': 'No' }),
    { 'gpu_reset_status/reset_required': flag },
    gpu === undefined ? {} : { gpu },
  ).with({
    [SMI_XML]: (xml) =>
      xml.replaceAll('570.148.08', '535.161.08').replace(/<gpu_recovery_action>[^<]*<\/gpu_recovery_action>/g, ''),
  });

export default {
  pass: [h100, simulated('gb200-nvl72'), asked('none'), r535('No')],
  findings: {
    'reset-required': [
      {
        on: asked('Reset'),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^The driver asks for a recovery of GPU 2: "Reset"$/,
      },
      { on: asked('GPU Reset Required'), about: ['gpu2'] },
      { on: asked('Drain and Reset'), about: ['gpu2'] },
      { on: simulated('gb200-nvl72+recovery-reset@gpu3'), about: ['gpu3'] },
      { on: r535('Yes', 5), about: ['gpu5'], severity: 'CRITICAL' },
    ],
    'reboot-required': [
      { on: asked('Reboot'), about: ['gpu2'], severity: 'CRITICAL' },
      { on: asked('Node Reboot Required'), about: ['gpu2'] },
      { on: asked('System Reboot'), about: ['gpu2'] },
      { on: asked('Bus Reset'), about: ['gpu2'] },
    ],
    'drain-p2p': [{ on: asked('Drain P2P'), about: ['gpu2'], severity: 'WARNING' }],
    'other-action': [
      { on: asked('IMEX Domain Recovery'), about: ['gpu2'], severity: 'CRITICAL', saying: /"IMEX Domain Recovery"/ },
      { on: asked('Resetting'), about: ['gpu2'] },
    ],
  },
  // A driver that says nothing of it.
  skipped: [printing(h100, { [ACTION]: 'N/A' }), h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**')],
  unknown: [asked('GPU is lost'), asked('[Unknown Error]'), answering(h100, '-q -x', { stdout: 'garbage', exit: 255 })],
} satisfies Outcomes;
