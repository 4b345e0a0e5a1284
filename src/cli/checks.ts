import { checks as builtIn } from '../../checks/index.ts';
import type { Rule, Severity } from '../api.ts';
import { loadConfig } from '../config/load.ts';
import { matchesGlob } from '../derive/glob.ts';
import { isMusterError } from '../errors.ts';
import { openSite, refusals, type Site } from './site.ts';
import { looksLikeCheck } from './subject.ts';

const ORDER: readonly Severity[] = ['INFO', 'WARNING', 'CRITICAL'];

const worstOf = (rules: readonly Rule[]): Severity =>
  rules.map(({ severity }) => severity).sort((a, b) => ORDER.indexOf(b) - ORDER.indexOf(a))[0] ?? 'INFO';

export interface ListOptions {
  readonly config?: string;
  readonly output: 'text' | 'json';
}

/** The checks of this site; those that ship where the configuration cannot be used, which is said. */
export const siteFor = async (file: string | undefined): Promise<Site> => {
  try {
    return await openSite(
      await loadConfig({ env: process.env, checks: builtIn, ...(file === undefined ? {} : { file }) }),
    );
  } catch (error) {
    if (file !== undefined || !isMusterError(error)) throw error;
    process.stderr.write(`muster: without plugins: ${error.message}\n`);
    return { checks: builtIn };
  }
};

/** The ids that words may name; the plugins are looked at only where one is not of a check that ships. */
export const checkIdsFor = async (words: readonly string[], file: string | undefined): Promise<readonly string[]> => {
  const shipped = builtIn.map(({ id }) => id);
  const isStrange = (word: string): boolean => looksLikeCheck(word) && !shipped.some((id) => matchesGlob(word, id));
  return words.some(isStrange) ? (await siteFor(file)).checks.map(({ id }) => id) : shipped;
};

/** Lists the checks in report order, those of plugins last. */
export const listChecks = async ({ output, config }: ListOptions): Promise<number> => {
  const site = await siteFor(config);
  for (const refusal of refusals(site)) process.stderr.write(`muster: ${refusal}\n`);
  const { checks, plugins } = site;
  const origins = new Map((plugins?.checks ?? []).map(({ check, origin }) => [check.id, origin]));
  const entries = checks.map((check) => ({
    id: check.id,
    title: check.title,
    max_severity: worstOf(Object.values(check.rules as Record<string, Rule>)),
    contexts: check.contexts,
    requires: check.requires,
    codes: Object.keys(check.rules),
    origin: origins.get(check.id) ?? 'muster',
  }));
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`);
    return 0;
  }
  const width = Math.max(...entries.map(({ id }) => id.length));
  const lines = entries.map(
    ({ id, max_severity, title, origin }) =>
      `${id.padEnd(width)}  ${max_severity.padEnd(8)}  ${title}${origin === 'muster' ? '' : ` (${origin})`}`,
  );
  process.stdout.write(
    `${lines.join('\n')}\n\n${entries.length} checks; muster explain CHECK-ID tells why, and what to do\n`,
  );
  return 0;
};
