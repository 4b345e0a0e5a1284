import type { Palette } from '../colour.ts';
import { nameOf } from '../component-name.ts';
import { grouped } from '../grouped.ts';
import { plural } from '../plural.ts';
import { printable } from '../printable.ts';
import type { UnknownGroup } from '../unknown-groups.ts';
import type { CheckReport } from '../verdict-report.ts';
import { wrap } from '../wrap.ts';
import { labelled, moment } from './finding.ts';

/** What could not be found out, and why. */
export const unknownLines = (
  { reasons, checks }: UnknownGroup,
  columns: number,
  palette: Palette,
): readonly string[] => {
  const [first, ...others] = checks;
  const observed = first?.mode === 'enforce' ? '' : '  (observed only, does not count)';
  const title = others.length === 0 ? (first?.id ?? '') : plural(checks.length, 'check');
  return [
    `${palette.doubtful(palette.strong(`? ${'UNKNOWN'.padEnd(8)}`))}  ${palette.strong(title)}${palette.faint(observed)}`,
    ...reasons.flatMap((text) => labelled('because', text, columns, palette)),
    ...(others.length === 0 ? [] : labelled('checks', checks.map(({ id }) => id).join(', '), columns, palette)),
    ...labelled('more', `muster explain ${first?.id ?? ''}`, columns, palette),
  ];
};

/** What was not looked at, by reason: the reader wants to know what the verdict does not cover. */
export const skippedLines = (checks: readonly CheckReport[], columns: number, palette: Palette): readonly string[] =>
  grouped(checks, ({ reason }) => printable(reason ?? 'there is nothing of this kind here')).flatMap(
    ([reason, skipped]) => {
      const text = `${plural(skipped.length, 'check')} skipped: ${reason}: ${skipped.map(({ id }) => id).join(', ')}`;
      return wrap(text, columns - 2).map((line, at) => palette.faint(`${at === 0 ? '–' : ' '} ${line}`));
    },
  );

/** What nobody could say of parts that are taken out of account: one line a part, for many checks are silent at once. */
export const suppressedLines = (
  checks: readonly CheckReport[],
  columns: number,
  palette: Palette,
): readonly string[] => {
  const silent = checks.flatMap(({ id, unjudged }) =>
    unjudged.filter(({ suppressed_until }) => suppressed_until !== undefined).map((one) => ({ id, ...one })),
  );
  const groups = grouped(silent, ({ component, suppressed_until: until, suppressed_by: by }) =>
    printable(`${nameOf(component)}, which is suppressed until ${moment(until ?? '')} (${by})`),
  );
  return groups.flatMap(([about, ones]) => {
    const ids = [...new Set(ones.map(({ id }) => id))];
    const text = `${plural(ids.length, 'check')} could not judge ${about}: ${ids.join(', ')}`;
    return wrap(text, columns - 2).map((line, at) => palette.faint(`${at === 0 ? '–' : ' '} ${line}`));
  });
};
