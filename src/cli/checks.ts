import { checks } from '../../checks/index.ts';
import type { Rule, Severity } from '../api.ts';

const ORDER: readonly Severity[] = ['INFO', 'WARNING', 'CRITICAL'];

const worstOf = (rules: readonly Rule[]): Severity =>
  rules.map(({ severity }) => severity).sort((a, b) => ORDER.indexOf(b) - ORDER.indexOf(a))[0] ?? 'INFO';

/** Lists the checks in report order. */
export const listChecks = async ({ output }: { output: 'text' | 'json' }): Promise<number> => {
  const entries = checks.map((check) => ({
    id: check.id,
    title: check.title,
    max_severity: worstOf(Object.values(check.rules as Record<string, Rule>)),
    contexts: check.contexts,
    requires: check.requires,
    codes: Object.keys(check.rules),
  }));
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
    return 0;
  }
  const width = Math.max(...entries.map(({ id }) => id.length));
  const lines = entries.map(
    ({ id, max_severity, title }) => `${id.padEnd(width)}  ${max_severity.padEnd(8)}  ${title}`,
  );
  process.stdout.write(
    `${lines.join('\n')}\n\n${entries.length} checks; muster explain CHECK-ID tells why, and what to do\n`,
  );
  return 0;
};
