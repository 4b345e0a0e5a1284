import { actionWords } from '../actions.ts';
import type { Palette } from '../colour.ts';
import { nameOf, namesOf, whereabouts } from '../component-name.ts';
import { printable } from '../printable.ts';
import type { CheckReport, FindingReport } from '../verdict-report.ts';
import { wrap } from '../wrap.ts';

const INDENT = '    ';
const LABEL_WIDTH = 10;

/** A labelled line, continued below its own text. */
export const labelled = (label: string, text: string, columns: number, palette: Palette): readonly string[] => {
  const width = columns - INDENT.length - LABEL_WIDTH;
  return wrap(printable(text), width).map((line, at) =>
    `${INDENT}${palette.faint((at === 0 ? label : '').padEnd(LABEL_WIDTH))}${line}`.trimEnd(),
  );
};

/** `2025-06-01T11:58:12.000Z` as a person reads it; UTC, as every other tool's log on the node can be shown. */
export const moment = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;

const evidenceWords = (evidence: FindingReport['evidence']): string =>
  Object.entries(evidence)
    .map(([name, value]) => `${name}=${value}`)
    .join('  ');

const MARK = { CRITICAL: '✗', WARNING: '!', INFO: 'i' } as const;

const standing = (check: CheckReport, finding: FindingReport): string =>
  finding.suppressed_until !== undefined
    ? `  (suppressed until ${moment(finding.suppressed_until)}, does not count)`
    : check.mode === 'enforce'
      ? ''
      : '  (observed only, does not count)';

/** One finding: what, where, what was seen, what should be, what to do; of one that does not count only the first three, and who said so. */
export const findingLines = (
  check: CheckReport,
  finding: FindingReport,
  columns: number,
  palette: Palette,
): readonly string[] => {
  const counted = check.mode === 'enforce' && finding.suppressed_until === undefined;
  const paint = !counted ? palette.faint : finding.severity === 'CRITICAL' ? palette.bad : palette.doubtful;
  const where = [nameOf(finding.component), ...whereabouts(finding.component)].map(printable).join('  ');
  const head = [
    `${paint(palette.strong(`${MARK[finding.severity]} ${finding.severity.padEnd(8)}`))}  ${palette.strong(finding.check)} ${palette.faint(finding.code)}${palette.faint(standing(check, finding))}`,
    `${INDENT}${palette.strong(where)}`,
    ...wrap(printable(finding.message), columns - INDENT.length).map((text) => `${INDENT}${text}`),
  ];
  const line = (label: string, text: string | undefined): readonly string[] =>
    text === undefined || text === '' ? [] : labelled(label, text, columns, palette);
  if (!counted) return [...head, ...line('by', finding.suppressed_by)];
  return [
    ...head,
    ...line('observed', finding.observed),
    ...line('expected', finding.expected),
    ...line('evidence', evidenceWords(finding.evidence)),
    ...line('related', finding.related && namesOf(finding.related)),
    ...line('since', finding.first_seen && moment(finding.first_seen)),
    ...line('do', actionWords(finding.action)),
    ...line('more', `muster explain ${finding.check}`),
  ];
};
