import { absent, type CommandResult, type Judgement, known, NODE, type Reading } from '../api.ts';
import { withStderr } from './asking.ts';
import { firstLine } from './first-line.ts';

const MOST_VALUES = 31;

/**
 * `'free space'=12GB;20;10` → `free space: 12GB`: performance data as evidence, the value with its unit as printed
 * (nagios-plugins.org, developer guidelines, "Performance data").
 */
const valuesIn = (text: string): Record<string, string> => {
  const values: Record<string, string> = {};
  for (const [, quoted, plain, value] of text.matchAll(/(?:'([^']{1,64})'|([^\s='|]{1,64}))=([^\s;|]{1,64})/g)) {
    if (Object.keys(values).length === MOST_VALUES) break;
    values[quoted ?? plain ?? ''] = value ?? '';
  }
  return values;
};

/** Exit codes 0 to 3 of the Nagios plugin API: OK, WARNING, CRITICAL, UNKNOWN. */
export const readNagios = (run: CommandResult): Reading<readonly Judgement[]> => {
  const { exitCode, stdout } = run;
  const [said = '', data = ''] = firstLine(stdout).split('|', 2);
  const message = said.trim() === '' ? `it printed nothing and ended with exit code ${exitCode}` : said.trim();
  const code = ({ 1: 'warning', 2: 'critical' } as const)[exitCode];
  if (exitCode === 0) return known([{ pass: NODE }]);
  if (exitCode === 3) return known([{ unjudged: NODE, because: absent('failed', message) }]);
  if (code === undefined) {
    const detail = `exit code ${exitCode} means nothing in the nagios protocol (0, 1, 2 and 3 do)`;
    return absent('failed', withStderr(detail, run));
  }
  return known([
    { finding: { component: NODE, code, message, evidence: { exit_code: exitCode, ...valuesIn(data) } } },
    { pass: NODE, code: code === 'warning' ? 'critical' : 'warning' },
  ]);
};
