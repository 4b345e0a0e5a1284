import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { answering, printing } from '../../support/smi-text.ts';

const h100 = simulated();
const INFO = 'pci/pci_gpu_link_info';
const WIDTH = `${INFO}/link_widths/current_link_width`;
const MAX_WIDTH = `${INFO}/link_widths/max_link_width`;
const GENERATION = `${INFO}/pcie_gen/current_link_gen`;
const MAX_GENERATION = `${INFO}/pcie_gen/max_link_gen`;
const MODE = 'gpu_virtualization_mode/virtualization_mode';
const ALL = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `gpu${i}`);
const says = (leaves: Readonly<Record<string, string>>, gpu?: number, machine = h100): RawMachine =>
  printing(machine, leaves, gpu === undefined ? {} : { gpu });

export default {
  pass: [h100, simulated('gb200-nvl72'), simulated('hgx-h100-8+busy'), simulated('hgx-a100-8')],
  findings: {
    'width-reduced': [
      {
        on: says({ [WIDTH]: '8x' }, 2),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^The PCIe link of GPU 2 is x8; x16 is expected \(siblings with more lanes: 7 of 7\)$/,
      },
      { on: simulated('gb200-nvl72+pcie-width@gpu1'), about: ['gpu1'] },
      // All of them, as the profile knows.
      { on: says({ [WIDTH]: '8x' }), about: ALL, severity: 'CRITICAL' },
      // In a virtual machine the width says little.
      {
        on: says({ [WIDTH]: '8x', [MODE]: 'Pass-Through' }),
        about: ALL,
        severity: 'INFO',
        saying: /a hypervisor is between/,
      },
      { on: says({ [WIDTH]: '8x', [MAX_WIDTH]: '8x', [MODE]: 'Pass-Through' }), about: [] },
    ],
    'generation-low': [
      {
        on: says({ [GENERATION]: '3' }, 2, simulated('hgx-h100-8+busy')),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /runs at generation 3 under load; it can do 5$/,
      },
      // An idle link drops its generation, and so does one of a process that only holds memory.
      { on: says({ [GENERATION]: '1' }), about: [] },
      {
        on: says({ [GENERATION]: '1', 'utilization/gpu_util': '0 %' }, undefined, simulated('hgx-h100-8+busy')),
        about: [],
      },
    ],
    'max-generation-low': [
      {
        on: says({ [GENERATION]: '4', [MAX_GENERATION]: '4' }, 2),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /can do generation 4 only; 5 is expected \(a sibling can do it\)$/,
      },
    ],
  },
  skipped: [
    h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
    says({ [WIDTH]: 'N/A', [GENERATION]: 'N/A', [MAX_GENERATION]: 'N/A' }),
  ],
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    says({ [WIDTH]: 'sixteen' }, 2),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
  ],
} satisfies Outcomes;
