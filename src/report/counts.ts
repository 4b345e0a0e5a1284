import { plural } from './plural.ts';
import type { CheckReport, VerdictReport } from './verdict-report.ts';

/** How many enforced checks say what; one that would not pass or be skipped without a suppression is counted apart. */
export type Counts = VerdictReport['counts'] & { readonly suppressed: number };

/** Whether something that the check says counts for nothing for a time. */
export const hasSuppressed = ({ findings, unjudged }: CheckReport): boolean =>
  [...findings, ...unjudged].some(({ suppressed_until }) => suppressed_until !== undefined);

/** The counts for people: a check of which something is suppressed has not passed. */
export const countsOf = ({ counts, checks }: Pick<VerdictReport, 'counts' | 'checks'>): Counts => {
  const suppressed = checks.filter((check) => check.mode === 'enforce' && hasSuppressed(check));
  const saying = (severity: CheckReport['severity']): number =>
    suppressed.filter((check) => check.severity === severity).length;
  const pass = counts.pass - saying('PASS');
  const skipped = counts.skipped - saying('SKIPPED');
  return { ...counts, pass, skipped, suppressed: saying('PASS') + saying('SKIPPED') };
};

/** The counts in words, without those that are zero: `1 critical, 2 warnings, 41 passed, 2 suppressed, 6 skipped`. */
export const countsInWords = (verdict: Pick<VerdictReport, 'counts' | 'checks'>): string => {
  const { critical, unknown, warning, info, pass, suppressed, skipped } = countsOf(verdict);
  return [
    ...(critical > 0 ? [`${critical} critical`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(warning > 0 ? [plural(warning, 'warning')] : []),
    ...(info > 0 ? [`${info} info`] : []),
    `${pass} passed`,
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
};
