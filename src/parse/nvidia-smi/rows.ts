import type { Gpu, N, Raw, Reading, RemapHistogram } from '../../api.ts';
import { flag, integer, quantity } from '../quantity.ts';
import { combine, type Leaves } from './leaves.ts';

const yesNo = (text: string) => flag(text, 'Yes', 'No');
const banks = (text: string): N => quantity(text, 'bank(s)');

const histogram = ({ read }: Leaves): Reading<RemapHistogram> => {
  const at = (name: string): N => read(`remapped_rows/row_remapper_histogram/row_remapper_histogram_${name}`, banks);
  return combine([at('max'), at('high'), at('partial'), at('low'), at('none')], ([max, high, partial, low, none]) => ({
    max: max ?? 0,
    high: high ?? 0,
    partial: partial ?? 0,
    low: low ?? 0,
    none: none ?? 0,
  }));
};

/** Row remapping, on Ampere and later. */
export const rows = (leaves: Leaves): Raw<Gpu>['rows'] => ({
  correctable: leaves.read('remapped_rows/remapped_row_corr', integer),
  uncorrectable: leaves.read('remapped_rows/remapped_row_unc', integer),
  pending: leaves.read('remapped_rows/remapped_row_pending', yesNo),
  failed: leaves.read('remapped_rows/remapped_row_failure', yesNo),
  histogram: histogram(leaves),
});

/** Page retirement, before Ampere: both causes together. */
export const retiredPages = ({ read }: Leaves): Raw<Gpu>['retiredPages'] => ({
  count: combine(
    ['multiple_single_bit_retirement', 'double_bit_retirement'].map((cause) =>
      read(`retired_pages/${cause}/retired_count`, integer),
    ),
    (counts) => counts.reduce((sum, count) => sum + count, 0),
  ),
  pending: read('retired_pages/pending_retirement', yesNo),
});
