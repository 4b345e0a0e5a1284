import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { answering, printing } from '../../support/smi-text.ts';

const h100 = simulated();
const ROWS = 'remapped_rows';
const BANKS = `${ROWS}/row_remapper_histogram/row_remapper_histogram`;
/** A GPU before Ampere retires pages and prints nothing of rows. */
const volta = printing(h100, {
  ...Object.fromEntries(['corr', 'unc', 'pending', 'failure'].map((name) => [`${ROWS}/remapped_row_${name}`, 'N/A'])),
  ...Object.fromEntries(['max', 'high', 'partial', 'low', 'none'].map((name) => [`${BANKS}_${name}`, 'N/A'])),
  'retired_pages/multiple_single_bit_retirement/retired_count': '3',
  'retired_pages/double_bit_retirement/retired_count': '1',
  'retired_pages/pending_retirement': 'No',
});

export default {
  pass: [
    h100,
    simulated('gb200-nvl72'),
    volta,
    printing(h100, {
      [`${ROWS}/remapped_row_corr`]: '900',
      [`${ROWS}/remapped_row_unc`]: '511',
      [`${BANKS}_partial`]: '4 bank(s)',
    }),
  ],
  findings: {
    'remap-failed': [
      {
        on: printing(h100, { [`${ROWS}/remapped_row_failure`]: 'Yes' }, { gpu: 2 }),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^GPU 2 could not remap/,
      },
      { on: simulated('hgx-h100-8+remap-failed@gpu4'), about: ['gpu4'] },
    ],
    'remap-pending': [
      {
        on: printing(h100, { [`${ROWS}/remapped_row_pending`]: 'Yes' }, { gpu: 2 }),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /jobs may run until the next drain$/,
      },
      { on: simulated('gb200-nvl72+remap-pending@gpu1'), about: ['gpu1'] },
    ],
    'many-remaps': [
      {
        on: printing(h100, { [`${ROWS}/remapped_row_unc`]: '512' }, { gpu: 2 }),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /remapped 512 rows .+from 512 on/,
      },
    ],
    'spares-exhausted': [
      {
        on: printing(h100, { [`${BANKS}_none`]: '1 bank(s)' }, { gpu: 2 }),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /memory banks without a spare row: 1; /,
      },
    ],
    'spares-low': [
      {
        on: printing(h100, { [`${BANKS}_low`]: '2 bank(s)' }, { gpu: 2 }),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /memory banks with few spare rows left: 2$/,
      },
    ],
    'retirement-pending': [
      {
        on: printing(volta, { 'retired_pages/pending_retirement': 'Yes' }, { gpu: 2 }),
        about: ['gpu2'],
        severity: 'WARNING',
      },
      // A GPU that remaps rows has no pages to retire.
      { on: printing(h100, { 'retired_pages/pending_retirement': 'Yes' }), about: [] },
    ],
  },
  skipped: h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    printing(h100, { [`${ROWS}/remapped_row_failure`]: 'maybe' }, { gpu: 2 }),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
  ],
} satisfies Outcomes;
