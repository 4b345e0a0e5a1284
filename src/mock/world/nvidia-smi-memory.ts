import type { DriverShape } from './driver-shape.ts';
import type { EccCounts, GpuState } from './state.ts';
import type { Element } from './xml.ts';

const NA = 'N/A';
const yes = (value: boolean): string => (value ? 'Yes' : 'No');

const ecc = (counts: EccCounts): Element[] => [
  ['sram_correctable', counts.sramCorrectable],
  ['sram_uncorrectable_parity', counts.sramParity],
  ['sram_uncorrectable_secded', counts.sramSecded],
  ['dram_correctable', counts.dramCorrectable],
  ['dram_uncorrectable', counts.dramUncorrectable],
];

/** Retired pages are a thing of GPUs before Ampere; the later ones remap rows and print N/A here. */
const retiredPages: Element = [
  'retired_pages',
  [
    ...['multiple_single_bit_retirement', 'double_bit_retirement'].map(
      (name): Element => [
        name,
        [
          ['retired_count', NA],
          ['retired_pagelist', NA],
        ],
      ],
    ),
    ['pending_blacklist', NA],
    ['pending_retirement', NA],
  ],
];

const remappedRows = ({ rows }: GpuState, shape: DriverShape): Element => [
  'remapped_rows',
  [
    ['remapped_row_corr', rows.correctable],
    ...(shape.r580Update ? ([['remapped_row_corr_inactive', 0]] satisfies Element[]) : []),
    ['remapped_row_unc', rows.uncorrectable],
    ...(shape.r580Update ? ([['remapped_row_unc_inactive', 0]] satisfies Element[]) : []),
    ['remapped_row_pending', yes(rows.pending)],
    ['remapped_row_failure', yes(rows.failed)],
    [
      'row_remapper_histogram',
      (['max', 'high', 'partial', 'low', 'none'] as const).map((level) => [
        `row_remapper_histogram_${level}`,
        `${rows.banks[level]} bank(s)`,
      ]),
    ],
  ],
];

/** ECC, retired pages, remapped rows. */
export const memoryElements = (gpu: GpuState, shape: DriverShape): Element[] => [
  [
    'ecc_mode',
    [
      ['current_ecc', 'Enabled'],
      ['pending_ecc', 'Enabled'],
    ],
  ],
  [
    'ecc_errors',
    [
      ['volatile', ecc(gpu.eccVolatile)],
      ['aggregate', [...ecc(gpu.eccAggregate), ['sram_threshold_exceeded', 'No']]],
      [
        'aggregate_uncorrectable_sram_sources',
        [
          ['sram_l2', gpu.eccAggregate.sramParity + gpu.eccAggregate.sramSecded],
          ['sram_sm', 0],
          ['sram_microcontroller', 0],
          ['sram_pcie', 0],
          ['sram_other', 0],
        ],
      ],
      ...(shape.r580
        ? ([
            ['channel_repair_pending', 'No'],
            ['tpc_repair_pending', 'No'],
          ] satisfies Element[])
        : []),
      ...(shape.r580Update ? ([['unrepairable_memory', 'No']] satisfies Element[]) : []),
    ],
  ],
  retiredPages,
  remappedRows(gpu, shape),
];
