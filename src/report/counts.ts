import { plural } from './plural.ts';
import type { VerdictReport } from './verdict-report.ts';

/** The counts in words, without those that are zero: `1 critical, 2 warnings, 41 passed, 6 skipped`. */
export const countsInWords = ({ critical, unknown, warning, info, pass, skipped }: VerdictReport['counts']): string =>
  [
    ...(critical > 0 ? [`${critical} critical`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(warning > 0 ? [plural(warning, 'warning')] : []),
    ...(info > 0 ? [`${info} info`] : []),
    `${pass} passed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
