import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { openBench, startAgent } from '../support/agent.ts';
import { muster, type Ran, type Sandbox, sandboxes } from '../support/cli.ts';

const sandbox = sandboxes();
const FAR = '2099-01-01T00:00:00Z';

/** A validation of a simulated machine with this configuration. */
const validate = (
  { dir, env }: Sandbox,
  {
    yaml = '',
    mock = 'hgx-h100-8+xid79@gpu3',
    args = [],
    more = {},
  }: {
    readonly yaml?: string;
    readonly mock?: string;
    readonly args?: readonly string[];
    readonly more?: Readonly<Record<string, string>>;
  } = {},
): Promise<Ran> => {
  const file = join(dir, 'muster.yaml');
  writeFileSync(file, yaml);
  return muster(['validate', '--level', 'quick', '--mock', mock, '--config', file, ...args], { ...env, ...more });
};

const verdictIn = ({ stdout }: Ran): VerdictReport => JSON.parse(stdout) as VerdictReport;
const JSON_OUT = ['-o', 'json', '--only', 'gpu/xid-errors', '--only', 'gpu/ecc-errors'] as const;

describe('suppressions in the configuration', () => {
  const without = (component: string): string =>
    `suppressions:\n  - {check: '*', ${component}owner: ann, reason: board ordered, until: ${FAR}}\n`;

  it('of a lost GPU take out of account what nobody can say of it, and the text says so', async () => {
    const mock = 'hgx-h100-8+lost@gpu3';
    const yaml = without('component: gpu3, ');
    const { exitCode, stdout } = await validate(sandbox(), { yaml, mock });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^READY: PASS \(/m) });
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /– \d+ checks could not judge GPU 3, which is suppressed until 2099-01-01 00:00:00 UTC \(ann: board ordered\): gpu\/ecc-errors, /,
    );
    const { checks } = verdictIn(await validate(sandbox(), { yaml, mock, args: ['-o', 'json'] }));
    expect(checks.find(({ id }) => id === 'gpu/ecc-errors')).toMatchObject({
      severity: 'PASS',
      unjudged: expect.arrayContaining([
        expect.objectContaining({ severity: 'UNKNOWN', suppressed_by: 'ann: board ordered' }),
      ]),
    });
  }, 90_000);

  it.each(['', 'component: gpu4, ', 'component: node, '])(
    'of {%s} leave it open: silence is health for nobody who was not named',
    async (component) => {
      const ran = await validate(sandbox(), { yaml: without(component), mock: 'hgx-h100-8+lost@gpu3' });
      expect(ran.stdout).toMatch(/^NOT READY: /m);
    },
    60_000,
  );

  it('set a finding aside in a one-shot validation, and say who and until when', async () => {
    const yaml = `suppressions:\n  - {check: 'gpu/xid*', component: gpu3, owner: ann, reason: board ordered, until: ${FAR}}\n`;
    const ran = await validate(sandbox(), { yaml, args: JSON_OUT });
    const verdict = verdictIn(ran);
    expect(verdict.checks.flatMap(({ findings }) => findings)).toMatchObject([
      { check: 'gpu/xid-errors', suppressed_until: '2099-01-01T00:00:00.000Z', suppressed_by: 'ann: board ordered' },
    ]);
    expect(verdict).toMatchObject({ ready: true, overall_severity: 'PASS' });
    expect(ran.exitCode).toBe(0);
    const text = await validate(sandbox(), { yaml, args: ['--only', 'gpu/xid-errors', '--only', 'gpu/ecc-errors'] });
    expect(text.stdout).toMatch(/suppressed until 2099-01-01 00:00:00 UTC, does not count/);
    expect(text.stdout).toMatch(/by +ann: board ordered/);
  });

  it('that are over set nothing aside', async () => {
    const yaml = 'suppressions: [{check: gpu/*, owner: ann, reason: x, until: 2020-01-01T00:00:00Z}]';
    const ran = await validate(sandbox(), { yaml, args: JSON_OUT });
    expect(ran.exitCode).toBe(1);
  });

  it.each([
    [
      '{check: gpo/*, owner: ann, reason: x, until: 2099-01-01T00:00:00Z}',
      ':1:17 suppressions.0.check: matches no check',
    ],
    ['{check: gpu/*, owner: ann, reason: x}', ':1:16 suppressions.0.until: is missing'],
  ])('%s are one line, and exit code 2', async (entry, message) => {
    const { exitCode, stdout, stderr } = await validate(sandbox(), { yaml: `suppressions: [${entry}]` });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^muster: \S+muster\.yaml:[^\n]*\[MUSTER_CONFIG\]\n$/);
    expect(stderr).toContain(message);
  });
});

describe('the contexts of a check', () => {
  it('take it out of a validation, and say so', async () => {
    const yaml = 'checks: {gpu/xid-errors: {contexts: [continuous]}}';
    const verdict = verdictIn(await validate(sandbox(), { yaml, args: JSON_OUT }));
    expect(verdict.ready).toBe(true);
    expect(verdict.checks.find(({ id }) => id === 'gpu/xid-errors')).toMatchObject({
      severity: 'SKIPPED',
      reason: 'the configuration lets it count in continuous, not in prejob',
    });
  });
});

describe('the kill switch', () => {
  const pulled = (box: Sandbox, text = 'driver rollout\n'): Readonly<Record<string, string>> => {
    const file = join(box.dir, 'disabled');
    writeFileSync(file, text);
    return { MUSTER_DISABLED_FILE: file };
  };

  it.each(['text', 'json', 'nagios', 'npd', 'junit', 'prometheus'])(
    'is honoured and said aloud by -o %s',
    async (format) => {
      const box = sandbox();
      const ran = await validate(box, { args: ['-o', format], more: pulled(box) });
      expect(ran.exitCode).toBe(0);
      expect(ran.stderr).toMatch(
        /^muster: NOT ENFORCED, the kill switch \S+\/disabled is pulled: driver rollout; the verdict is CRITICAL$/m,
      );
      expect(ran.stdout).toMatch(/NOT ENFORCED|"enabled": false|muster_enforcement_enabled 0/);
      if (format !== 'npd') expect(ran.stdout).toMatch(/xid-errors/);
      if (format === 'json') {
        expect(verdictIn(ran)).toMatchObject({
          ready: true,
          overall_severity: 'CRITICAL',
          enforcement: { enabled: false, reason: 'driver rollout', file: join(box.dir, 'disabled') },
        });
      }
    },
  );

  it('says so of a healthy node too, and never with a wish of the command line', async () => {
    const box = sandbox();
    const ran = await validate(box, { mock: 'hgx-h100-8', args: ['--fail-on', 'warning'], more: pulled(box, '') });
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toMatch(/^NOT ENFORCED: /);
    expect(ran.stderr).toMatch(/it gives no reason/);
  });

  it('excuses no configuration that cannot be used', async () => {
    const box = sandbox();
    expect(await validate(box, { yaml: 'log: {level: inof}', more: pulled(box) })).toMatchObject({ exitCode: 2 });
  });

  it('leaves the verdict alone where it is not pulled', async () => {
    const box = sandbox();
    const ran = await validate(box, { args: ['-o', 'json'], more: { MUSTER_DISABLED_FILE: join(box.dir, 'none') } });
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(verdictIn(ran)).toMatchObject({ ready: false, enforcement: { enabled: true } });
  });
});

describe('an agent', () => {
  it('honours both, says of the switch when it is pulled and released, and where a suppression stands', async () => {
    const bench = await openBench('hgx-h100-8+xid79@gpu3');
    const file = join(bench.stateDir, '..', 'muster.yaml');
    const disabled = join(bench.stateDir, '..', 'disabled');
    mkdirSync(bench.stateDir, { recursive: true });
    writeFileSync(
      file,
      [
        'suppressions:',
        `  - {check: gpu/xid-errors, component: gpu3, owner: ann, reason: board ordered, until: ${FAR}}`,
        '  - {check: thermal/*, owner: bob, reason: fan, until: 2020-01-01T00:00:00Z}',
      ].join('\n'),
    );
    writeFileSync(disabled, 'rollout\n');
    const env = { ...bench.env, MUSTER_DISABLED_FILE: disabled };
    const agent = await startAgent(env, { args: ['--config', file] });
    try {
      await expect.poll(async () => (await agent.get('/-/ready')).status, { timeout: 20_000 }).toBe(200);
      expect(await agent.metrics()).toMatch(/^muster_enforcement_enabled 0$/m);
      const status = await agent.status();
      expect(status).toMatchObject({ ready: true, enforcement: { enabled: false, reason: 'rollout' } });
      const xid = status.checks.find(({ id }) => id === 'gpu/xid-errors');
      expect(xid?.findings).toMatchObject([{ suppressed_by: 'ann: board ordered' }]);
      expect(agent.log()).toMatch(/NOT ENFORCED, the kill switch \S+ is pulled: rollout/);
      expect(agent.log()).toMatch(/muster\.yaml:3:5: the suppression of thermal\/\* \(bob: fan\) ended at 2020-01-01/);
      const refused = await muster(['unsuppress', 'gpu/xid-errors', 'gpu3', '--owner', 'eve', '--config', file], env);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toMatch(
        /muster\.yaml:2:5 suppresses gpu\/xid-errors of gpu3 until 2099-01-01T00:00:00\.000Z; take it out of the file/,
      );
      // A run without the agent honours what an operator told it.
      const asked = ['suppress', 'gpu/*', '--for', '1h', '--reason', 'known', '--owner', 'eve', '--config', file];
      expect(await muster(asked, env)).toMatchObject({ exitCode: 0 });
      const alone = await muster(['validate', '--level', 'quick', '-o', 'json', '--only', 'gpu/*'], {
        ...bench.env,
        MUSTER_DISABLED_FILE: '/nonexistent',
      });
      const findings = verdictIn(alone).checks.flatMap((check) => check.findings);
      expect(findings.length).toBeGreaterThan(0);
      expect(findings.every(({ suppressed_by }) => suppressed_by === 'eve: known')).toBe(true);
      expect(alone.exitCode).toBe(0);
    } finally {
      await agent.end();
      await bench.close();
    }
  });
});
