import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { entry, sandboxes } from '../support/cli.ts';
import { installed, type Validated, validated } from '../support/plugin-site.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'docs/examples/plugins');
const newSandbox = sandboxes();

const hasPython = (() => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** docs/examples/plugins/muster.yaml, for the place where the examples are here. */
const configuration = (directory: string, args: Readonly<Record<string, readonly string[]>> = {}) => {
  const written = parse(readFileSync(join(EXAMPLES, 'muster.yaml'), 'utf8'));
  for (const [id, one] of Object.entries<{ command: string; args?: readonly string[] }>(written.plugins.executables)) {
    one.command = one.command.replace('/usr/local/libexec/muster', directory);
    one.args = args[id] ?? one.args ?? [];
  }
  return { ...written, plugins: { ...written.plugins, directory } };
};

describe('the examples of the documentation', () => {
  let healthy: Validated;
  let ill: Validated;
  beforeAll(async () => {
    const sandbox = newSandbox();
    const directory = installed(EXAMPLES, join(sandbox.dir, 'examples'));
    const marker = join(sandbox.dir, 'reboot-required');
    const fine = { 'site/free-space': ['/', '101', '102'], 'site/reboot-required': [marker] };
    healthy = await validated(sandbox, configuration(directory, fine));
    writeFileSync(marker, '');
    const bad = {
      'site/free-space': ['/', '0', '101'],
      'site/reboot-required': [marker],
      'site/other-product': ['NVIDIA B200'],
    };
    const changed = configuration(directory, bad);
    changed.checks = { 'site/idle-power': { options: { watts: 1 } }, 'site/long-uptime': { options: { days: 0 } } };
    ill = await validated(sandbox, changed);
  }, 60_000);

  const ids = ['site/idle-power', 'site/long-uptime', 'site/free-space', 'site/reboot-required'];

  it.each(ids)('%s passes where nothing is wrong', (id) => {
    expect(healthy.check(id)).toMatchObject({ severity: 'PASS', findings: [] });
    expect(healthy.check('host/refused-plugins').severity).toBe('PASS');
  });

  it.each([
    ['site/idle-power', 'high', /^GPU \d is idle and draws [\d.]+ W, less than 1 W expected$/],
    ['site/long-uptime', 'long', /^The node was booted \d+ days ago; 0 are the limit$/],
    ['site/free-space', 'warning', /^\/ is \d+ % full, 0 % is the limit$/],
    ['site/reboot-required', 'problem', /^an update needs a boot: .* is there since \d{4}-\d{2}-\d{2}$/],
  ])('%s finds what is wrong', (id, code, words) => {
    expect(ill.check(id).findings[0]).toMatchObject({ code, message: expect.stringMatching(words) });
  });

  it.skipIf(!hasPython)('site/other-product judges GPU by GPU from the facts (needs python3)', () => {
    expect(healthy.check('site/other-product')).toMatchObject({ severity: 'PASS', findings: [] });
    const { findings } = ill.check('site/other-product');
    expect(findings.map(({ component }) => component.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(findings[0]).toMatchObject({ code: 'other-product', observed: 'NVIDIA H100 80GB HBM3' });
  });
});

describe('the types that the package holds', () => {
  it('are all that an author needs: JavaScript with JSDoc, and TypeScript', { timeout: 60_000 }, () => {
    entry();
    const author = temporaryDirectory();
    const options = { cwd: ROOT, encoding: 'utf8' } as const;
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', author], options);
    mkdirSync(join(author, 'node_modules'));
    execFileSync('tar', ['-xzf', join(author, packed.trim()), '-C', join(author, 'node_modules')]);
    renameSync(join(author, 'node_modules/package'), join(author, 'node_modules/muster'));
    installed(EXAMPLES, author, (name) => name.endsWith('.mjs'));
    writeFileSync(join(author, 'package.json'), '{"type": "module"}');
    const check = (name: string, returned: string): void =>
      writeFileSync(
        join(author, name),
        `import type { Check } from 'muster/api';
         const check: Check<'gpus', 'nics', 'bad', {}> = {
           apiVersion: 1, id: 'site/typed', title: 't', why: 'w', source: 's', remedy: 'r', contexts: ['prejob'],
           requires: ['gpus'], uses: ['nics'],
           rules: { bad: { title: 'b', severity: 'INFO', action: { drain: false, then: 'none' }, lifetime: 'condition' } },
           judge: ({ gpus, nics }) => (nics.ok ? gpus.map(({ ref }) => (${returned})) : []),
         };
         export default check;`,
      );
    check('good.ts', '{ pass: ref }');
    const tsc = (file: string): string => {
      const flags = ['--ignoreConfig', '--noEmit', '--strict', '--checkJs', '--allowJs', '--module', 'NodeNext'];
      try {
        return execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...flags, file], {
          ...options,
          cwd: author,
        });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    for (const name of readdirSync(author).filter((one) => /\.(mjs|ts)$/.test(one))) expect(tsc(name)).toBe('');
    check('bad.ts', "{ finding: { component: ref, code: 'worse', message: 'm' } }");
    expect(tsc('bad.ts')).toMatch(/'"worse"' is not assignable to type '"bad"'/);
  });
});
