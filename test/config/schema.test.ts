import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { FOLLOWER } from '../../src/agent/straggler-watch.ts';
import { createCollectors } from '../../src/collectors/index.ts';
import { SOURCES, TOOLS } from '../../src/config/known-names.ts';
import { loadConfig } from '../../src/config/load.ts';
import { withMachine } from '../../src/config/machine.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const EMPTY = { MUSTER_PROFILES_DIR: '/nonexistent' };

/** What a configuration of this text is refused with; without the file's directory. */
const refused = async (yaml: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const directory = temporaryDirectory();
  const file = join(directory, 'muster.yaml');
  writeFileSync(file, yaml);
  const config = loadConfig({ file, env: { ...EMPTY, ...env }, checks });
  const error = await config.then((loaded) => withMachine(loaded, undefined)).catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(Error);
  return (error as Error).message.replace(`${directory}/`, '');
};

const DOCS = 'see docs/configuration.md';

describe('a value that cannot be used', () => {
  it.each([
    ['log: {level: inof}', 'muster.yaml:1:7 log.level: must be debug, info, warn or error'],
    ['events: {max_mb: 16M}', 'muster.yaml:1:10 events.max_mb: must be a number'],
    ['events: {max_mb: 0}', 'muster.yaml:1:10 events.max_mb: must be at least 1'],
    ['web: {listen: 9780}', 'muster.yaml:1:7 web.listen: must be a text'],
    ['guard: {cpu_percent: -1}', 'muster.yaml:1:9 guard.cpu_percent: must be 1 to 100'],
    ['metrics: {max_series: 99.5}', 'muster.yaml:1:11 metrics.max_series: must be a whole number'],
    [
      'validation: {schedule: every day at 3}',
      /^muster\.yaml:1:14 validation\.schedule: is no cron expression \(expected 5 or 6 fields but got 4\): write/,
    ],
    [
      'validation: {schedule: 61 3 * * *}',
      /validation\.schedule: is no cron expression \(.*minute\): write for example/,
    ],
    ['web: 127.0.0.1:9780', 'muster.yaml:1:1 web: must hold keys and values'],
    ['web:', 'muster.yaml:1:1 web: must hold keys and values'],
    ['nics: {roles: {match: x}}', 'muster.yaml:1:8 nics.roles: must be a list'],
    ['nics: {roles: [{match: x}]}', 'muster.yaml:1:16 nics.roles.0.role: is missing'],
    ['nics: {roles: [{match: x, role: y}]}', /role: must be compute, storage, management or unused;/],
    ['sources: {infiniband: {optional: yes please}}', /sources\.infiniband\.optional: must be true or false;/],
    ['checks: {thermal/hot-gpus: {options: {margin_celsius: x}}}', /margin_celsius: must be a number \(°C\);/],
  ])('%s', async (yaml, message) => {
    const said = await refused(yaml);
    if (typeof message === 'string') expect(said).toBe(`${message}; ${DOCS}`);
    else expect(said).toMatch(message);
  });

  it('is never told in the words of the library that looks at it', async () => {
    const sections = [
      'node',
      'web',
      'control',
      'events',
      'guard',
      'metrics',
      'validation',
      'log',
      'kernel_log',
      'nics',
    ];
    const keys: Readonly<Record<string, readonly string[]>> = {
      node: ['name'],
      web: ['listen', 'config_file'],
      control: ['group'],
      events: ['max_mb', 'max_age'],
      guard: ['memory_mb', 'cpu_percent'],
      metrics: ['detail', 'max_series'],
      validation: ['schedule', 'level'],
      log: ['level', 'format'],
      kernel_log: ['trust'],
      nics: ['roles'],
    };
    const wrong = ['[1]', '{a: 1}', '-1.5e300', 'true', '.nan', "''", '~'];
    const texts = [
      ...['machine', 'gpus', 'tools', 'sources', 'checks', 'state_dir', 'runtime_dir', ...sections].flatMap((name) =>
        ['[1]', '{no_such: 1}', '7', '~'].map((value) => `${name}: ${value}`),
      ),
      ...sections.flatMap((name) =>
        (keys[name] ?? []).flatMap((key) => wrong.map((value) => `${name}: {${key}: ${value}}`)),
      ),
    ];
    const allowed = /: \{(name|group|schedule): ''\}$/;
    for (const yaml of texts.filter((text) => !allowed.test(text)))
      expect(await refused(yaml), yaml).not.toMatch(/Invalid|Expected|received/);
  });

  it('from the environment names the variable', async () => {
    expect(await refused('', { MUSTER_LOG_LEVEL: 'inof' })).toBe(
      'MUSTER_LOG_LEVEL=inof: must be debug, info, warn or error; correct or unset the variable',
    );
    expect(await refused('', { MUSTER_MACHINE: 'nope' })).toMatch(/^MUSTER_MACHINE: nope is no machine profile; known/);
  });
});

describe('a name that is not known', () => {
  it.each([
    ['sources: {infinband: {optional: true}}', /:1:11 sources\.infinband: is not a source .* nvidia-smi, .*infiniband/],
    ['tools: {nvidia_smi: /usr/bin/nvidia-smi}', /:1:9 tools\.nvidia_smi: is not a tool .* nvidia-smi, ibstat/],
    ['checks: {gpu/ecc: {mode: off}}', /:1:10 checks\.gpu\/ecc: is not a check; muster checks lists them/],
    ['web: {lisen: x}', /:1:7 web\.lisen: is not a setting that Muster knows/],
    ['gpus: none\nmachine: nope', /:2:1 machine: nope is no machine profile; known are .*hgx-h100-8/],
  ])('%s', async (yaml, message) => {
    expect(await refused(yaml)).toMatch(message);
  });

  it('is every other than those of the collectors', () => {
    const ids = createCollectors({ inventoryCommand: { file: 'x', args: [] } }).map(({ id }) => id);
    ids.push(FOLLOWER);
    expect([...SOURCES].sort()).toEqual(ids.sort());
  });

  it('is every other than those of the tools that are run', () => {
    const code = ['src/collectors', 'src/integrations'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
    );
    const run = code.flatMap((text) => [...text.matchAll(/\.run\('([^']+)'/g)].map(([, tool = '']) => tool));
    expect([...TOOLS].sort()).toEqual([...new Set(run)].sort());
  });
});
