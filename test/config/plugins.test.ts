import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const load = (yaml: string, env: Readonly<Record<string, string>> = {}) => {
  const file = join(temporaryDirectory(), 'muster.yaml');
  writeFileSync(file, yaml);
  return loadConfig({ file, env: { MUSTER_PROFILES_DIR: '/nonexistent', ...env }, checks });
};

describe('plugins in the configuration', () => {
  it('are a directory and nothing else where nothing is said', async () =>
    expect((await load('gpus: none')).plugins).toEqual({
      directory: '/etc/muster/checks.d',
      everySeconds: 60,
      timeoutSeconds: 5,
      mayDrain: [],
      executables: [],
    }));

  it('get what they leave out', async () => {
    const { plugins } = await load('plugins: {executables: {site/x: {command: /bin/true, protocol: npd}}}');
    expect(plugins.executables).toEqual([
      {
        id: 'site/x',
        command: '/bin/true',
        args: [],
        everySeconds: 60,
        timeoutSeconds: 5,
        protocol: 'npd',
        severity: 'WARNING',
        action: { drain: false, then: 'watch' },
        codes: ['problem'],
      },
    ]);
  });

  it('the environment names the directory', async () => {
    expect((await load('{}', { MUSTER_PLUGINS_DIR: '/opt/checks.d' })).plugins.directory).toBe('/opt/checks.d');
    await expect(load('{}', { MUSTER_PLUGINS_DIR: 'checks.d' })).rejects.toThrow(
      /^MUSTER_PLUGINS_DIR=checks\.d: is not an/,
    );
  });

  it.each([
    ['command: true, protocol: npd', /plugins\.executables\.site\/x\.command: must be a text/],
    ['command: bin/true, protocol: npd', /command: is not an absolute path/],
    ['command: /bin/true', /protocol: is missing/],
    ['command: /bin/true, protocol: exit', /protocol: must be nagios, npd or json/],
    ['command: /bin/true, protocol: npd, timeout: 6m', /timeout: must be at most 5m/],
    ['command: /bin/true, protocol: npd, every: 8d', /every: must be at most 7d/],
    [
      'command: /bin/true, protocol: nagios, severity: INFO',
      /severity: is what the exit code of the nagios protocol says/,
    ],
    ['command: /bin/true, protocol: npd, codes: [a]', /codes: are for the json protocol/],
    ['command: /bin/true, protocol: json, codes: []', /codes: is empty/],
    ['command: /bin/true, protocol: json, codes: [A B]', /codes\.0: is not a code/],
    ['command: /bin/true, protocol: npd, action: {drain: maybe}', /action\.drain: must be true or false/],
    ['command: /bin/true, protocol: npd, shell: yes', /shell: is not a setting that Muster knows/],
  ])('are refused whole: %s', async (entry, words) =>
    expect(load(`plugins: {executables: {site/x: {${entry}}}}`)).rejects.toThrow(words),
  );

  it.each(['x', 'Site/x', 'site/x/y', 'site-a/x', `site/${'x'.repeat(60)}`])('refuse the id %s', async (id) =>
    expect(load(`plugins: {executables: {${id}: {command: /bin/true, protocol: npd}}}`)).rejects.toThrow(
      /is not an id|is longer than 64/,
    ),
  );

  it('are the only ones of which checks may speak besides those that ship', async () => {
    await expect(load('checks: {site/x: {mode: off}}')).rejects.toThrow(/checks\.site\/x: is not a check/);
    const { siteChecks } = await load(
      'plugins: {executables: {site/x: {command: /bin/true, protocol: npd}}}\nchecks: {site/x: {mode: off}}',
    );
    expect(siteChecks).toMatchObject([{ id: 'site/x', at: expect.stringMatching(/:2:10 checks\.site\/x$/) }]);
  });
});
