import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CheckReport, VerdictReport } from '../../src/report/verdict-report.ts';
import { muster, type Ran } from './cli.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures/plugins');

/** Copies files that only their owner may write, whatever the umask of the checkout was. */
export const installed = (from: string, to: string, pick: (name: string) => boolean = () => true): string => {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const name of readdirSync(from).filter(pick)) {
    copyFileSync(join(from, name), join(to, name));
    chmodSync(join(to, name), 0o755);
  }
  return to;
};

export const installedScripts = (to: string): string => installed(join(FIXTURES, 'scripts'), to);
export const installedModules = (to: string, pick?: (name: string) => boolean): string =>
  installed(join(FIXTURES, 'modules'), to, pick);

export interface Validated extends Ran {
  readonly report: VerdictReport;
  check(id: string): CheckReport;
}

/** `muster validate --level quick -o json` of a healthy simulated machine with this configuration. */
export const validated = async (
  { dir, env }: { readonly dir: string; readonly env: Readonly<Record<string, string>> },
  configuration: unknown,
  args: readonly string[] = [],
): Promise<Validated> => {
  const config = join(dir, 'muster.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration));
  const common = ['validate', '--mock', 'hgx-h100-8', '--level', 'quick', '-o', 'json', '--config', config];
  const ran = await muster([...common, ...args], env);
  if (ran.stdout === '') throw new Error(`no verdict: ${ran.stderr}`);
  const report = JSON.parse(ran.stdout) as VerdictReport;
  return {
    ...ran,
    report,
    check: (id) => {
      const check = report.checks.find((one) => one.id === id);
      if (check === undefined) throw new Error(`there is no ${id} among ${report.checks.map((one) => one.id).join()}`);
      return check;
    },
  };
};
