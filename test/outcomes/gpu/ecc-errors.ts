import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { alsoPrinting, answering, printing } from '../../support/smi-text.ts';

const h100 = simulated();
const VOLATILE = 'ecc_errors/volatile';
const AGGREGATE = 'ecc_errors/aggregate';

/** A counter of GPU 2, at the first sample and after. */
const counts = (name: string, before: number, after: number, machine = h100): RawMachine =>
  printing(
    printing(machine, { [`${VOLATILE}/${name}`]: `${before}` }, { gpu: 2 }),
    { [`${VOLATILE}/${name}`]: `${after}` },
    { gpu: 2, from: 1 },
  );
const with580 = (element: string, gpu?: number): RawMachine =>
  alsoPrinting(h100, 'ecc_errors/tpc_repair_pending', element, gpu);

export default {
  pass: [
    h100,
    simulated('gb200-nvl72'),
    simulated('hgx-a100-8'),
    // What the board has counted in its life.
    printing(h100, {
      [`${AGGREGATE}/sram_uncorrectable_parity`]: '3',
      [`${AGGREGATE}/dram_uncorrectable`]: '12',
      [`${AGGREGATE}/dram_correctable`]: '104857',
      [`${VOLATILE}/dram_correctable`]: '19999999',
    }),
    counts('sram_correctable', 5, 10_005),
    counts('dram_correctable', 7, 20_000_007),
    with580('<unrepairable_memory>No</unrepairable_memory>'),
    // A reset GPU counts from 0: what grew is cured.
    counts('dram_uncorrectable', 4, 0),
  ],
  findings: {
    'sram-uncorrectable-rising': [
      {
        on: counts('sram_uncorrectable_parity', 1, 2),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^GPU 2 has new uncorrectable SRAM \(caches\) errors: 1 within 5 s; 0 are expected$/,
      },
      { on: counts('sram_uncorrectable_secded', 0, 3), about: ['gpu2'], saying: /errors: 3 within/ },
    ],
    'dram-uncorrectable-rising': [
      {
        on: counts('dram_uncorrectable', 1, 2),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /new uncorrectable DRAM \(HBM\) errors: 1 /,
      },
      { on: counts('dram_uncorrectable', 1, 1), about: [] },
    ],
    'sram-uncorrectable-since-load': [
      {
        on: counts('sram_uncorrectable_parity', 2, 2),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /counts uncorrectable SRAM.+: 2, no new ones; reset/,
      },
      {
        on: printing(simulated('hgx-h100-8', [0]), { [`${VOLATILE}/sram_uncorrectable_secded`]: '1' }, { gpu: 1 }),
        about: ['gpu1'],
        saying: /it is not known when/,
      },
      // What is rising is told once.
      { on: counts('sram_uncorrectable_parity', 1, 2), about: [] },
    ],
    'dram-uncorrectable-since-load': [
      {
        on: counts('dram_uncorrectable', 1, 1),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /counts uncorrectable DRAM.+: 1, /,
      },
      { on: counts('dram_uncorrectable', 1, 2), about: [] },
    ],
    'sram-correctable-rate': [
      {
        on: counts('sram_correctable', 5, 10_006),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /corrected SRAM.+: 10001 within.+more than 10000 in 24 h$/,
      },
    ],
    'dram-correctable-rate': [
      {
        on: counts('dram_correctable', 7, 20_000_008),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /more than 20000000 in 24 h$/,
      },
    ],
    'sram-threshold': [
      {
        on: printing(h100, { [`${AGGREGATE}/sram_threshold_exceeded`]: 'Yes' }, { gpu: 6 }),
        about: ['gpu6'],
        severity: 'CRITICAL',
      },
    ],
    'repair-pending': [
      {
        on: printing(h100, { 'ecc_errors/channel_repair_pending': 'Yes' }, { gpu: 1 }),
        about: ['gpu1'],
        severity: 'WARNING',
        saying: /repair a memory channel at its next reset/,
      },
      {
        on: printing(h100, { 'ecc_errors/tpc_repair_pending': 'Yes' }, { gpu: 1 }),
        about: ['gpu1'],
        saying: /repair a TPC/,
      },
      {
        on: printing(
          h100,
          { 'ecc_errors/channel_repair_pending': 'N/A', 'ecc_errors/tpc_repair_pending': 'Yes' },
          { gpu: 1 },
        ),
        about: ['gpu1'],
      },
    ],
    'unrepairable-memory': [
      {
        on: with580('<unrepairable_memory>Yes</unrepairable_memory>', 7),
        about: ['gpu7'],
        severity: 'CRITICAL',
        saying: /replace it$/,
      },
    ],
    'ecc-disabled': [
      { on: printing(h100, { 'ecc_mode/current_ecc': 'Disabled' }, { gpu: 0 }), about: ['gpu0'], severity: 'INFO' },
      // Wanted after the next reset, and still on.
      { on: printing(h100, { 'ecc_mode/pending_ecc': 'Disabled' }), about: [] },
    ],
  },
  skipped: h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    printing(h100, { [`${VOLATILE}/dram_uncorrectable`]: '[Unknown Error]' }, { gpu: 2 }),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
  ],
} satisfies Outcomes;
