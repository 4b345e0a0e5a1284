import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { muster, processesNaming, sandboxes } from '../support/cli.ts';
import { installedModules, type Validated, validated } from '../support/plugin-site.ts';

const newSandbox = sandboxes();

describe('modules that are loaded, in one directory with those that are not', () => {
  const sandbox = newSandbox();
  const directory = join(sandbox.dir, 'checks.d');
  let ran: Validated;
  beforeAll(async () => {
    installedModules(directory);
    mkdirSync(join(sandbox.dir, 'elsewhere'));
    installedModules(join(sandbox.dir, 'elsewhere'), (name) => name === 'nothing.mjs');
    symlinkSync(join(sandbox.dir, 'elsewhere/nothing.mjs'), join(directory, 'refused-link.mjs'));
    writeFileSync(join(directory, 'refused-writable.mjs'), 'export default [];');
    chmodSync(join(directory, 'refused-writable.mjs'), 0o666);
    ran = await validated(sandbox, { plugins: { directory, timeout: '1s' } });
  }, 60_000);
  const reason = (id: string): string => `${ran.check(id).severity}: ${ran.check(id).reason}`;

  it('judge the facts of the machine', () => {
    expect(ran.check('lab/good')).toMatchObject({
      severity: 'CRITICAL',
      category: 'lab',
      findings: [{ code: 'bad', message: 'GPU 2 is bad', component: { kind: 'gpu', index: 2 } }],
    });
    expect(ran.check('lab/commonjs').findings).toHaveLength(1);
  });

  it('drain only where the configuration lets them', () =>
    expect(ran.check('lab/good').findings[0]?.action).toEqual({ drain: false, then: 'service' }));

  it('are UNKNOWN where a fact that they need is, or is not there', () =>
    expect(reason('lab/absent-fact')).toMatch(/^SKIPPED: no source gave inventory/));

  it.each([
    ['lab/loop', /loop\.mjs: lab\/loop: judge\(\): Error: did not return within 1000 ms$/],
    ['lab/exit', /exit\.mjs: lab\/exit: judge\(\): Error: called process\.exit\(0\), which a plugin must not$/],
    ['lab/throws', /throws\.mjs: lab\/throws: judge\(\): TypeError: out of cheese$/],
    ['lab/rejects', /rejects\.mjs: lab\/rejects: judge\(\): Error: returned a promise; it must return its judgements/],
    ['lab/mutates', /mutates\.mjs: lab\/mutates: judge\(\): TypeError: Cannot assign to read only property 'length'/],
    ['lab/rubbish', /rubbish\.mjs: lab\/rubbish: .*: 1\.finding\.code: must be one of bad$/],
    ['lab/nothing', /nothing\.mjs: lab\/nothing: judge\(\) returned nothing; it must return a list of judgements$/],
    ['lab/kills-itself', /kills-itself\.mjs: ended by SIGKILL, not by Muster$/],
  ])('are UNKNOWN, with file and field, where they misbehave: %s', (id, words) => {
    expect(ran.check(id).severity).toBe('UNKNOWN');
    expect(ran.check(id).reason).toMatch(words);
  });

  it('are UNKNOWN while their collector does not answer', () =>
    expect(reason('lab/endless-collector')).toBe('UNKNOWN: lamp did not answer within 0.3 s'));

  it('are judged one by one: an endless loop leaves its neighbours alone', () => {
    expect(ran.check('lab/array-one').severity).toBe('PASS');
    expect(ran.check('lab/array-two').severity).toBe('PASS');
    expect(reason('lab/array-loop')).toMatch(/^UNKNOWN: .*did not return within 1000 ms$/);
  });

  it('may print and leave timers behind', () => expect(ran.check('lab/prints').severity).toBe('PASS'));

  it.each([
    ['refused-throws', 'Error: not on this node'],
    ['refused-syntax', 'SyntaxError: Unexpected end of input'],
    ['refused-await', 'has an await at its top level, which a plugin must not: load at once'],
    ['refused-loop', 'Error: did not return within 2000 ms'],
    ['refused-exit', 'Error: called process.exit(3), which a plugin must not'],
    ['refused-import', "imports what is not there: Error: Cannot find package 'not-installed-anywhere'"],
    ['refused-no-default', 'Error: has no default export: export default a check or a list of checks'],
    ['refused-shape', 'its export cannot be used: 0.rules.bad.severity: must be one of INFO, WARNING, CRITICAL'],
    ['refused-fact', 'its export cannot be used: 0.requires.0: there is no fact gpuz'],
    ['refused-built-in', 'gpu/xid-errors is a check that ships with Muster; choose another id'],
    ['refused-own', 'lab/refused-own asks for own:nothing, which no collector of this file provides'],
    ['refused-link', 'is a link that leaves'],
    ['refused-writable', 'its group or others may write it (mode 0666)'],
  ])('%s is refused with a reason', (name, words) => {
    expect(ran.check('host/refused-plugins').findings[0]?.message).toContain(`${directory}/${name}.mjs: ${words}`);
    expect(ran.stderr).toContain(`plugin ${directory}/${name}.mjs is refused: ${words}`);
  });

  it('the later of two with one id is refused', () =>
    expect(ran.stderr).toContain(`refused-twice.mjs is refused: lab/good is taken by ${directory}/good.mjs`));

  it('leave no process and no file of facts behind', () => {
    expect(processesNaming(directory)).toEqual([]);
  });

  it('are listed and explained', async () => {
    const env = { ...sandbox.env, MUSTER_PLUGINS_DIR: directory };
    const listed = await muster(['checks', '-o', 'json'], env);
    expect(JSON.parse(listed.stdout)).toContainEqual(
      expect.objectContaining({ id: 'lab/good', max_severity: 'CRITICAL', origin: `${directory}/good.mjs` }),
    );
    const explained = await muster(['explain', 'lab/good'], env);
    expect(explained.stdout).toMatch(/^lab\/good {2}A check of a test\n/);
  }, 60_000);
});

describe('what the configuration may say of a module', () => {
  const sandbox = newSandbox();
  const directory = installedModules(join(sandbox.dir, 'checks.d'), (name) => name === 'good.mjs');
  const of = (more: object) => ({
    plugins: { directory, ...('plugins' in more ? (more.plugins as object) : {}) },
    ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'plugins')),
  });

  it('that it may drain', async () => {
    const { check } = await validated(sandbox, of({ plugins: { may_drain: ['lab/good'] } }), ['--only', 'lab/*']);
    expect(check('lab/good').findings[0]?.action).toEqual({ drain: true, then: 'service' });
  });

  it('that it is only observed, or off', async () => {
    const observed = await validated(sandbox, of({ checks: { 'lab/good': { mode: 'observe' } } }));
    expect(observed.check('lab/good')).toMatchObject({ severity: 'CRITICAL', mode: 'observe' });
    expect(observed.report.ready).toBe(true);
    const off = await validated(sandbox, of({ checks: { 'lab/good': { mode: 'off' } } }));
    expect(off.check('lab/good').severity).toBe('SKIPPED');
  });

  it.each([
    [{ 'lab/god': { mode: 'off' } }, /muster\.yaml:1:\d+ checks\.lab\/god: is not a check; muster checks lists them/],
    [{ 'lab/good': { options: { limit: 3 } } }, /checks\.lab\/good\.options\.limit: is not an option of lab\/good/],
    [{ 'lab/good': { contexts: ['job'] } }, /checks\.lab\/good\.contexts: lab\/good does not run in job; it runs in /],
  ])('but nothing that it does not know: %j', async (checks, words) => {
    await expect(validated(sandbox, of({ checks }))).rejects.toThrow(words);
  });
});
