import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** What each folder may import, besides itself; the table of docs/architecture.md. The longest matching prefix decides. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/api.ts': ['src/api/'],
  'src/api/': [],
  'src/errors.ts': [],
  'src/duration.ts': [],
  'src/parse/': ['src/api.ts'],
  'src/knowledge/': ['src/api.ts'],
  'src/host/': ['src/api.ts'],
  'src/collectors/': ['src/api.ts', 'src/parse/'],
  'src/derive/': ['src/api.ts', 'src/knowledge/'],
  'src/derive/component-match.ts': ['src/api.ts', 'src/parse/pci-address.ts'],
  'src/engine/': ['src/api.ts', 'src/derive/', 'src/knowledge/'],
  'src/engine/node.ts': ['src/api.ts', 'src/engine/', 'src/parse/boot-time.ts'],
  'src/straggler/': ['src/api.ts'],
  'src/config/web/': ['src/config/', 'src/duration.ts', 'src/errors.ts', 'src/server/web/web-config.ts'],
  'src/config/': [
    'src/api.ts',
    'src/derive/glob.ts',
    'src/duration.ts',
    'src/errors.ts',
    'src/knowledge/',
    'src/engine/scheduler.ts',
    'src/engine/snapshot.ts',
  ],
  'src/report/': [
    'src/api.ts',
    'src/derive/component-match.ts',
    'src/derive/glob.ts',
    'src/duration.ts',
    'src/engine/event.ts',
    'src/engine/event-query.ts',
    'src/engine/snapshot.ts',
    'src/engine/verdict.ts',
    'src/metrics/render.ts',
  ],
  'src/metrics/': ['src/api.ts', 'src/engine/snapshot.ts', 'src/engine/verdict.ts'],
  'src/server/': [
    'src/api.ts',
    'src/errors.ts',
    'src/engine/event.ts',
    'src/engine/event-query.ts',
    'src/engine/snapshot.ts',
    'src/engine/verdict.ts',
    'src/metrics/',
    'src/report/',
  ],
  'src/store/': [
    'src/api.ts',
    'src/derive/series.ts',
    'src/engine/event.ts',
    'src/engine/event-query.ts',
    'src/engine/snapshot.ts',
    'src/host/deadline.ts',
  ],
  'src/plugins/': [
    'src/api.ts',
    'src/config/config.ts',
    'src/config/files.ts',
    'src/config/trusted-file.ts',
    'src/engine/collect.ts',
    'src/engine/elapsed.ts',
    'src/engine/options.ts',
    'src/engine/snapshot.ts',
    'src/host/',
  ],
  'src/integrations/': ['src/api.ts'],
  'src/agent/': [
    'src/api.ts',
    'src/collectors/gpu-jobs/',
    'src/collectors/gpu-samples.ts',
    'src/config/config.ts',
    'src/derive/component-match.ts',
    'src/derive/glob.ts',
    'src/derive/step-book.ts',
    'src/engine/',
    'src/errors.ts',
    'src/integrations/',
    'src/metrics/render.ts',
    'src/report/component-report.ts',
    'src/report/verdict.ts',
    'src/report/verdict-report.ts',
    'src/report/verdict-words.ts',
    'src/server/',
    'src/store/',
    'src/straggler/',
  ],
  'src/pages/': ['src/api.ts', 'src/config/', 'src/errors.ts', 'src/knowledge/', 'src/report/exit-codes.ts'],
  'src/mock/': ['src/api.ts', 'src/errors.ts', 'src/host/tree.ts', 'src/knowledge/'],
  'src/cli/': ['src/', 'checks/index.ts', 'package.json'],
  'src/main.ts': ['src/cli/leave.ts', 'src/cli/program.ts'],
  'src/generate.ts': ['src/', 'checks/index.ts'],
  'checks/index.ts': ['src/api.ts', 'checks/'],
  'checks/shared/': ['src/api.ts'],
  'checks/': ['src/api.ts', 'checks/shared/'],
};

/** Packages that one folder alone may import. */
const ONLY_IN: Readonly<Record<string, string>> = {
  'prom-client': 'src/metrics/',
  execa: 'src/host/',
  'node-cron': 'src/engine/scheduler.ts',
  systeminformation: 'src/collectors/inventory-child.ts',
  saxes: 'src/parse/',
  commander: 'src/cli/',
  pino: 'src/agent/',
  bcryptjs: 'src/server/web/passwords.ts',
};

const filesBelow = (directory: string): string[] =>
  readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  );

const ruleFor = (file: string): string | undefined =>
  Object.keys(MAY_IMPORT)
    .filter((prefix) => (prefix.endsWith('/') ? file.startsWith(prefix) : file === prefix))
    .sort((a, b) => b.length - a.length)[0];

const sources = [...filesBelow('src'), ...filesBelow('checks')];

describe('the direction of imports', () => {
  it.each(sources)('%s', (file) => {
    const rule = ruleFor(file);
    expect(rule, `${file} is in a folder that docs/architecture.md does not know`).toBeDefined();
    const allowed = [rule ?? '', ...(MAY_IMPORT[rule ?? ''] ?? [])];
    const local = importsOf(file).filter((name) => name.startsWith('.'));
    const foreign = local
      .map((name) => relative(root, resolve(root, dirname(file), name)))
      .filter(
        (target) => !allowed.some((prefix) => (prefix.endsWith('/') ? target.startsWith(prefix) : target === prefix)),
      );
    expect(foreign).toEqual([]);
  });

  it.each(Object.entries(ONLY_IN))('%s is imported below %s only', (name, place) => {
    const importers = sources.filter((file) =>
      importsOf(file).some((target) => target === name || target.startsWith(`${name}/`)),
    );
    expect(importers.filter((file) => !file.startsWith(place))).toEqual([]);
  });
});
