import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checks } from '../checks/index.ts';
import { metricsPage } from './metrics/docs.ts';
import { checksPage, checksTable } from './pages/checks.ts';
import { configurationPage, configurationSchema } from './pages/configuration.ts';
import { errorsPage } from './pages/errors.ts';
import { parityPage } from './pages/parity.ts';
import { profilesPage } from './pages/profiles.ts';
import { xidPage } from './pages/xid.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const read = (file: string): string => {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return '';
  }
};

/** The README is written by hand except for what stands between the two marks. */
const readme = (): string =>
  read('README.md').replace(
    /(<!-- checks -->\n)[\s\S]*?(<!-- \/checks -->)/,
    (_, open: string, close: string) => `${open}${checksTable(checks)}\n${close}`,
  );

const pages: Readonly<Record<string, () => string>> = {
  'README.md': readme,
  'docs/checks.md': () => checksPage(checks),
  'docs/xid.md': xidPage,
  'docs/parity.md': parityPage,
  'docs/metrics.md': metricsPage,
  'docs/errors.md': errorsPage,
  'docs/configuration.md': configurationPage,
  'docs/profiles.md': profilesPage,
  'docs/muster.schema.json': () => configurationSchema(checks),
};

const stale = Object.entries(pages).filter(([file, page]) => read(file) !== page());
if (process.argv.includes('--check')) {
  for (const [file] of stale) process.stderr.write(`${file} is out of date: npm run build && npm run generate\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [file, page] of stale) {
    writeFileSync(join(root, file), page());
    process.stdout.write(`${file}\n`);
  }
}
