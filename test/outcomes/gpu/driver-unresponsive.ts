import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { answering, failingCall, SMI_EXIT, SMI_XML } from '../../support/smi-text.ts';

const h100 = simulated();
const CALL = '-q -x';
const NO_DRIVER =
  "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n";
const MISMATCH = 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.105\n';
const hung = failingCall(h100, CALL, 'hung: nvidia-smi is in state D');
const afterOneHang = {
  checks: { 'gpu/driver-unresponsive': { mode: 'enforce', options: { hangs_in_a_row: 1 } } },
} as const;
const NO_PCI_GPUS = ['1b', '43', '52', '61', '9d', 'c3', 'd1', 'df'].map(
  (bus) => `sys/bus/pci/devices/0000:${bus}:00.0/**`,
);

export default {
  pass: [
    h100,
    simulated('gb200-nvl72'),
    // It answers about the others, and of the rest there is a word.
    simulated('hgx-h100-8+lost@gpu2'),
    // "No devices" is an answer of the driver.
    answering(h100, CALL, { stdout: 'No devices were found\n', exit: 6 }),
    h100.hangingFor('nvidia-smi', 119),
  ],
  findings: {
    hung: [
      {
        on: h100.hangingFor('nvidia-smi', 120),
        about: ['node'],
        severity: 'CRITICAL',
        saying: /^nvidia-smi does not come back \(running for 120 s\): the driver hangs$/,
      },
      { on: hung.configured(afterOneHang), about: ['node'], saying: /\(hangs in a row: 1\)/ },
      { on: failingCall(h100, CALL, 'timeout: 25 s').configured(afterOneHang), about: ['node'] },
      // A tool of another kind.
      { on: h100.hangingFor('ibstat', 500), about: [] },
    ],
    'driver-failed': [
      {
        on: answering(h100, CALL, { stdout: NO_DRIVER, exit: 9 }),
        about: ['node'],
        severity: 'CRITICAL',
        saying: /^The driver does not answer; NVIDIA GPUs on the PCI bus: 8; .+communicate/,
      },
      { on: answering(h100, CALL, { stdout: '\u0000garbage', exit: 255 }), about: ['node'] },
      { on: answering(h100, CALL, { stdout: '' }), about: ['node'], saying: /printed nothing/ },
      { on: simulated('hgx-h100-8+broken-smi'), about: ['node'] },
    ],
    'tool-missing': [
      {
        on: failingCall(h100, CALL, 'no-tool: nvidia-smi: not found on PATH'),
        about: ['node'],
        severity: 'CRITICAL',
        saying: /not on PATH; NVIDIA GPUs on the PCI bus: 8$/,
      },
      // Nothing on the bus, and the configuration names the machine.
      {
        on: failingCall(h100, CALL, 'no-tool: not found')
          .without(...NO_PCI_GPUS)
          .configured({ machine: 'hgx-h100-8' }),
        about: ['node'],
        saying: /this machine is configured to have GPUs$/,
      },
    ],
  },
  skipped: h100.without('commands/nvidia-smi_-q_-x.*', ...NO_PCI_GPUS),
  unknown: [
    // One missed deadline is a busy machine.
    hung,
    failingCall(h100, CALL, 'timeout: 25 s'),
    failingCall(h100, CALL, 'no-tool: not found').without(...NO_PCI_GPUS),
    answering(h100, CALL, { stdout: NO_DRIVER, exit: 9 }).without(...NO_PCI_GPUS),
    // Two versions at once are judged by firmware/driver-mismatch.
    answering(h100, CALL, { stdout: MISMATCH, exit: 18 }),
    h100.with({ [SMI_EXIT]: '15\n' }),
    h100.with({ [SMI_XML]: (xml) => xml.slice(0, xml.length / 2) }),
  ],
} satisfies Outcomes;
