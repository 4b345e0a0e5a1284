import type { Action, AnyCheck, Option, Rule, Severity } from '../api.ts';
import { GENERATED, table } from './markdown.ts';
import { COUNTER_COLUMNS, counterRows } from './nic-counters.ts';

const ORDER: readonly Severity[] = ['CRITICAL', 'WARNING', 'INFO'];

const rulesOf = (check: AnyCheck): readonly (readonly [string, Rule])[] =>
  Object.entries(check.rules as Readonly<Record<string, Rule>>);

const actionText = ({ drain, then }: Action): string =>
  [...(drain ? ['drain'] : []), ...(then === 'none' ? [] : [then])].join(', then ') || 'none';

const lifetimeText = ({ lifetime, lapsesAfterSeconds }: Rule): string => {
  if (lifetime === 'condition')
    return lapsesAfterSeconds === undefined ? 'condition' : `condition, ${lapsesAfterSeconds / 60} min unseen at most`;
  if ('clearedBy' in lifetime) return `until ${lifetime.clearedBy}`;
  return `for ${lifetime.clearedAfterSeconds / 3600} h`;
};

/** How the daemon raises and clears its conditions; a validation judges the present state. */
const raiseText = ({ raise }: AnyCheck): string => {
  if (raise === undefined) return '';
  const grace =
    raise.bootGraceSeconds === undefined ? '' : `, and not in the first ${raise.bootGraceSeconds} s after boot`;
  return ` The agent raises a condition after ${raise.hits} of ${raise.of} readings${grace}, and clears it after ${raise.clear} passes in a row.`;
};

const anchor = (id: string): string => id.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '');

const optionRows = (check: AnyCheck): string[][] =>
  Object.entries((check.options ?? {}) as Readonly<Record<string, Option>>).map(([name, option]) => [
    `\`${name}\``,
    `${String(option.default)}${option.unit === undefined ? '' : ` ${option.unit}`}${option.fromProfile === undefined ? '' : ` (profile: \`${option.fromProfile}\`)`}`,
    option.help,
    option.source,
  ]);

const section = (check: AnyCheck): string => {
  const options = optionRows(check);
  const availability = rulesOf(check).flatMap(([code, rule]) =>
    rule.availability === undefined ? [] : [`\`${code}\`: ${rule.availability}.`],
  );
  return [
    `## ${check.id}`,
    `**${check.title}.** ${check.why}`,
    `Source: ${check.source}. Runs: ${check.contexts.join(', ')}.${raiseText(check)}`,
    table(
      ['code', 'severity', 'action', 'lifetime', 'what'],
      rulesOf(check).map(([code, rule]) => [
        `\`${code}\``,
        rule.severity,
        actionText(rule.action),
        lifetimeText(rule),
        rule.title,
      ]),
    ),
    ...(availability.length === 0 ? [] : [`Not every machine can say it: ${availability.join(' ')}`]),
    ...(options.length === 0 ? [] : [table(['option', 'default', 'what', 'source'], options)]),
    `What to do: ${check.remedy}`,
  ].join('\n\n');
};

const LIFETIMES = `How long a finding stands, by its lifetime:

- **condition**: a state that can be read again. The agent raises it at the first reading, or after as many as its check says, and clears it when it passes. One that was raised three times within half an hour comes and goes: it stays raised until it has been quiet for about half an hour (the penalty of RFC 2439 with the defaults of RFC 7196). What asks for service outlives a reboot until it is judged again.
- **until gpu-reset**, **until reboot**, **until service**: an event. It stands until a reset of that GPU was seen, a new boot, or \`muster ack\`; each also ends by \`muster ack\` and all but service by a new boot.
- **for N h**: an event that ends by its age.`;

const COUNTERS = `## Limits of port counters

What \`network/link-errors\` and \`network/congestion\` hold the counters of a port to. Totals are never judged, only their growth.`;

/** docs/checks.md: every check with its codes, options and remedy; the runbook that findings and alerts link to. */
export const checksPage = (checks: readonly AnyCheck[]): string =>
  [GENERATED, '# Checks', LIFETIMES, ...checks.map(section), COUNTERS, table(COUNTER_COLUMNS, counterRows())]
    .join('\n\n')
    .concat('\n');

/** The table of the README. */
export const checksTable = (checks: readonly AnyCheck[]): string =>
  table(
    ['check', 'at worst', 'what it finds'],
    checks.map((check) => [
      `[\`${check.id}\`](docs/checks.md#${anchor(check.id)})`,
      ORDER.find((severity) => rulesOf(check).some(([, rule]) => rule.severity === severity)) ?? 'INFO',
      check.title,
    ]),
  );
