import { absent, type CommandResult, type Judgement, known, NODE, type Reading } from '../api.ts';
import { withStderr } from './asking.ts';
import { firstLine } from './first-line.ts';

/**
 * Exit codes of node-problem-detector's custom plugins: 0 OK, 1 a problem, everything else unknown
 * (docs/custom_plugin_monitor.md).
 */
export const readNpd = (run: CommandResult): Reading<readonly Judgement[]> => {
  const { exitCode, stdout } = run;
  const said = firstLine(stdout).trim();
  const message = said === '' ? `it printed nothing and ended with exit code ${exitCode}` : said;
  if (exitCode === 0) return known([{ pass: NODE }]);
  if (exitCode === 1)
    return known([{ finding: { component: NODE, code: 'problem', message, evidence: { exit_code: 1 } } }]);
  return known([{ unjudged: NODE, because: absent('failed', withStderr(`exit code ${exitCode}: ${message}`, run)) }]);
};
