import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { answering, failingCall, printing, SMI_XML } from '../../support/smi-text.ts';
import { firstGpus } from '../../support/xml-elements.ts';

const h100 = simulated();
const UNREACHABLE = 'Unable to determine the device handle for GPU0000:52:00.0: ';
const CORE = {
  'temperature/gpu_temp': '[Unknown Error]',
  'gpu_power_readings/instant_power_draw': 'Unknown Error',
} as const;

export default {
  pass: [
    h100,
    simulated('gb200-nvl72'),
    simulated('hgx-a100-8'),
    // Healthy boards print this of what they do not know, as eight RTX 4090 of their addressing mode.
    printing(h100, { addressing_mode: 'Unknown Error' }),
  ],
  findings: {
    lost: [
      { on: simulated('hgx-h100-8+lost@gpu2'), about: ['gpu2'], severity: 'CRITICAL', saying: /^GPU 2 is lost/ },
      // One leaf among many that still look well.
      { on: printing(h100, { 'clocks/sm_clock': 'GPU is lost' }, { gpu: 5 }), about: ['gpu5'] },
      {
        on: printing(h100, { 'clocks/sm_clock': '[GPU is lost]' }),
        about: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `gpu${i}`),
      },
      // Not in the document, only in a line of text.
      {
        on: h100.with({
          [SMI_XML]: (xml) => firstGpus(xml, 2),
          'commands/nvidia-smi_-q_-x.err': `${UNREACHABLE}GPU is lost.  Reboot the system to recover this GPU\n`,
        }),
        about: ['gpu:00000000:52:00.0'],
      },
    ],
    'requires-reset': [
      {
        on: printing(h100, { 'temperature/gpu_temp': 'GPU requires reset' }, { gpu: 3 }),
        about: ['gpu3'],
        severity: 'CRITICAL',
        saying: /until it is reset/,
      },
      {
        on: h100.with({ 'commands/nvidia-smi_-q_-x.err': `${UNREACHABLE}GPU requires reset\n` }),
        about: ['gpu2'],
      },
    ],
    'unknown-error': [
      { on: printing(h100, CORE, { gpu: 4 }), about: ['gpu4'], severity: 'CRITICAL', saying: /"Unknown Error"$/ },
      { on: printing(h100, { 'fb_memory_usage/used': 'ERR!' }, { gpu: 4 }), about: ['gpu4'] },
      { on: h100.with({ 'commands/nvidia-smi_-q_-x.err': `${UNREACHABLE}Unknown Error\n` }), about: ['gpu2'] },
    ],
  },
  skipped: h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
  unknown: [
    failingCall(h100, '-q -x', 'hung: no answer'),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
    // An exit code that names no GPU leaves each open.
    h100.with({ 'commands/nvidia-smi_-q_-x.exit': '15\n' }),
    // Cut off in the middle: those that are not described may be lost.
    h100.with({ [SMI_XML]: (xml) => xml.slice(0, xml.length / 2) }),
  ],
} satisfies Outcomes;
