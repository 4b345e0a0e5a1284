import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { settingPaths } from '../../src/config/schema.ts';
import { openBench, startAgent } from '../support/agent.ts';
import { muster, type Ran, type Sandbox, sandboxes } from '../support/cli.ts';
import { descriptionOf, type HandMade, handMade, treeOf, withoutGpus } from '../support/fake-tools/machine.ts';
import { DESCRIBES_ONLY, HANGS } from '../support/fake-tools/nvidia-smi.ts';

const sandbox = sandboxes();
const TREE = treeOf('hgx-h100-8');
const ANSWERS = { 'q-x': descriptionOf('hgx-h100-8') };
/** For a busy machine; what hangs would hang for minutes. */
const SLACK_SECONDS = 30;

interface Report {
  readonly ok: boolean;
  readonly problems: readonly { readonly about: string; readonly message: string; readonly cure: string }[];
  readonly node: Readonly<Record<string, string | boolean>>;
  readonly sources: readonly {
    readonly id: string;
    readonly reads: string;
    readonly answers: boolean;
    readonly reason?: string;
    readonly duration_seconds: number;
    readonly tools: readonly { readonly tool: string; readonly path?: string }[];
    readonly blinds: readonly string[];
  }[];
  readonly checks: readonly {
    readonly id: string;
    readonly mode: string;
    readonly contexts: readonly string[];
    readonly needs: readonly { readonly fact: string; readonly source: string }[];
    readonly lacks?: { readonly severity: string; readonly reason: string };
  }[];
  readonly profiles: { readonly id: string; readonly why: string; readonly site_files: readonly string[] };
  readonly plugins: { readonly loaded: readonly { readonly id: string }[] };
  readonly suppressions: readonly Readonly<Record<string, unknown>>[];
  readonly configuration: readonly { readonly path: string; readonly value?: unknown; readonly from: string }[];
}

const configured = ({ dir }: Sandbox, yaml: string): readonly string[] => {
  const file = join(dir, 'muster.yaml');
  writeFileSync(file, yaml);
  return ['--config', file];
};

const report = async (
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<{ ran: Ran; report: Report }> => {
  const ran = await muster(['doctor', '-o', 'json', '--timeout', '5s', ...args], env);
  const said = JSON.parse(ran.stdout) as Report;
  expect(ran.exitCode, JSON.stringify(said.problems)).toBe(said.problems.length === 0 ? 0 : 1);
  expect(said.ok).toBe(ran.exitCode === 0);
  expect(ran.stdout).not.toMatch(/:\s*null/);
  for (const { about, message, cure } of said.problems) expect([about, message, cure]).not.toContain('');
  return { ran, report: said };
};

const machine = (box: Sandbox, tree = TREE, scripts: Readonly<Record<string, string>> = {}): HandMade =>
  handMade(box, tree, { 'nvidia-smi': DESCRIBES_ONLY, ...scripts }, ANSWERS);

const aboutOf = ({ problems }: Report): readonly string[] => problems.map(({ about }) => about);

describe('muster doctor', () => {
  it('finds nothing to mend on a healthy machine, and shows all of it', async () => {
    const { report: said } = await report(sandbox().env, ['--mock', 'hgx-h100-8']);
    expect(said.problems).toEqual([]);
    expect(said.checks.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
    expect(said.checks.every(({ needs }) => needs.length > 0)).toBe(true);
    expect(said.checks.find(({ id }) => id === 'gpu/xid-errors')?.needs[0]).toEqual({
      fact: 'kernelLog',
      source: 'kernel-log',
      reads: '/dev/kmsg, or the file in MUSTER_KMSG',
      optional: false,
    });
    const paths = settingPaths(checks).map((path) => path.join('.'));
    expect(said.configuration.map(({ path }) => path)).toEqual(paths.filter((path) => path !== 'suppressions'));
    expect(said.sources.every(({ answers, duration_seconds: took }) => answers && took > 0)).toBe(true);
    const smi = said.sources.find(({ id }) => id === 'nvidia-smi');
    expect(smi?.tools).toEqual([{ tool: 'nvidia-smi', path: expect.stringMatching(/\/bin\/nvidia-smi$/) }]);
    expect(said.profiles).toMatchObject({ id: 'hgx-h100-8', why: 'matched by its GPUs (NVIDIA H100 80GB HBM3)' });
    expect(said.node.agent).toMatch(/no muster agent answers/);
  });

  it('is health of the installation, not of the node', async () => {
    const { ran } = await report(sandbox().env, ['--mock', 'hgx-h100-8+xid79@gpu3+lost@gpu2+ib-down@mlx5_2']);
    expect(ran.exitCode).toBe(0);
  });

  it('tells where each setting comes from, and what the profile says', async () => {
    const box = sandbox();
    const args = configured(
      box,
      'log: {level: warn}\nchecks:\n  thermal/hot-gpus: {mode: observe, contexts: [continuous]}\n',
    );
    const { report: said } = await report({ ...box.env, MUSTER_GPUS: 'expected' }, ['--mock', 'hgx-h100-8', ...args]);
    const of = (path: string) => said.configuration.find((one) => one.path === path);
    expect(of('log.level')).toEqual({ path: 'log.level', value: 'warn', from: `${args[1]}:1:7` });
    expect(of('gpus')).toEqual({ path: 'gpus', value: 'expected', from: 'MUSTER_GPUS' });
    expect(of('checks.thermal/hot-gpus.mode')).toMatchObject({ value: 'observe', from: `${args[1]}:3:22` });
    expect(of('checks.gpu/missing-gpus.mode')).toMatchObject({ value: 'enforce', from: 'default' });
    expect(of('metrics.detail')).toMatchObject({ value: 'standard', from: 'default' });
    expect(of('sources.infiniband.every')).toMatchObject({ value: '30s', from: 'default' });
    expect(of('web.config_file')).toEqual({ path: 'web.config_file', from: 'default' });
    const fromProfile = said.configuration.filter(({ from }) => from === 'profile hgx-h100-8');
    expect(fromProfile.length).toBeGreaterThan(0);
    expect(said.checks.find(({ id }) => id === 'thermal/hot-gpus')).toMatchObject({
      mode: 'observe',
      contexts: ['continuous'],
    });
  });

  it('says in one line what a missing nvidia-smi blinds, and the cure', async () => {
    const box = sandbox();
    const { env } = handMade(box, TREE, {});
    const ran = await muster(['doctor'], env);
    expect(ran.exitCode).toBe(1);
    const lines = ran.stdout.split('\n').filter((line) => line.startsWith('✗'));
    expect(lines).toEqual([
      expect.stringMatching(
        /^✗ nvidia-smi: nvidia-smi is not on PATH \(\d+ checks cannot judge\); do: install nvidia-smi, or name its path: tools: \{nvidia-smi: .*; on a node without GPUs set gpus: none$/,
      ),
    ]);
    expect(ran.stdout.indexOf('✗')).toBeLessThan(ran.stdout.indexOf('NODE'));
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toBe('1 thing to mend, exit code 1');
    const none = handMade(sandbox(), withoutGpus(TREE), {});
    expect(aboutOf((await report(none.env)).report)).toEqual(['nvidia-smi']);
    expect((await report({ ...none.env, MUSTER_GPUS: 'none' })).ran.exitCode).toBe(0);
  });

  it('ends although nvidia-smi never does', async () => {
    const { env, stillRunning } = machine(sandbox(), TREE, { 'nvidia-smi': HANGS });
    const { ran, report: said } = await report(env);
    expect(ran.seconds).toBeLessThan(5 + SLACK_SECONDS);
    expect(said.problems[0]).toMatchObject({
      about: expect.stringMatching(/^nvidia-smi/),
      message: expect.stringMatching(/no answer in .* s/),
      cure: expect.stringMatching(/try by hand: time nvidia-smi -q -x/),
    });
    expect(stillRunning()).toEqual([]);
  });

  it('names a source that cannot be read, unless the site can do without it', async () => {
    const box = sandbox();
    const { env } = machine(box);
    mkdirSync(join(box.dir, 'no-log'));
    const closed = { ...env, MUSTER_KMSG: join(box.dir, 'no-log') };
    const { report: said } = await report(closed);
    expect(said.problems.filter(({ about }) => about === 'kernel-log')).toEqual([
      {
        about: 'kernel-log',
        message: expect.stringMatching(/no-log: .* \(\d+ checks cannot judge\)$/),
        cure: expect.stringMatching(/^see what it says by hand/),
      },
    ]);
    const optional = await report(closed, configured(box, 'sources: {kernel-log: {optional: true}}'));
    expect(aboutOf(optional.report)).not.toContain('kernel-log');
    expect(optional.report.sources.find(({ id }) => id === 'kernel-log')).toMatchObject({
      answers: false,
      optional: true,
    });
  });

  it('lists the plugins, names a refused one, and keeps what they are started with to itself', async () => {
    const box = sandbox();
    const args = configured(
      box,
      [
        'plugins:',
        '  executables:',
        '    site/good: {command: /bin/true, args: [--token, S3CR3T], protocol: nagios}',
        '    site/gone: {command: /nonexistent/plugin, protocol: nagios}',
      ].join('\n'),
    );
    const { ran, report: said } = await report(box.env, ['--mock', 'hgx-h100-8', ...args]);
    expect(ran.exitCode).toBe(1);
    expect(said.problems).toMatchObject([{ message: expect.stringMatching(/^is refused: /) }]);
    expect(said.plugins.loaded.map(({ id }) => id)).toEqual(['site/good']);
    expect(ran.stdout).not.toContain('S3CR3T');
  });

  it('says what an operator has forgotten or mistyped', async () => {
    const box = sandbox();
    const { env } = machine(box);
    const file = join(box.dir, 'disabled');
    writeFileSync(file, 'rollout of May\n');
    writeFileSync(join(box.dir, 'plain'), '');
    mkdirSync(join(box.dir, 'open'));
    chmodSync(join(box.dir, 'open'), 0o777);
    const args = configured(
      box,
      [
        'machine: gb200-nvl72',
        `state_dir: ${join(box.dir, 'plain', 'state')}`,
        `runtime_dir: ${join(box.dir, 'open')}`,
        'tools: {ibstat: /nonexistent/ibstat}',
        'suppressions:',
        '  - {check: gpu/*, owner: ann, reason: x, until: 2020-01-01T00:00:00Z}',
        '  - {check: thermal/*, component: gpu99, owner: bob, reason: fan, until: 2099-01-01T00:00:00Z}',
      ].join('\n'),
    );
    const { MUSTER_STATE_DIR: _, MUSTER_RUNTIME_DIR: __, ...rest } = env as Record<string, string>;
    const { report: said } = await report({ ...rest, MUSTER_DISABLED_FILE: file }, args);
    expect(said.problems.map(({ about, message, cure }) => `${about}: ${message}; do: ${cure}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^state directory: .*plain\/state: ENOTDIR.*; do: let uid \d+ write it, or name .* state_dir$/,
        ),
        expect.stringMatching(/^sockets: \S+\/open anybody could replace the sockets in it; do: chmod it to 755$/),
        `kill switch: nothing is enforced on this node: rollout of May; do: rm ${file} when that is over`,
        expect.stringMatching(/^machine: the configuration says gb200-nvl72 .*, but the machine has 8 × NVIDIA H100/),
        `${args[1]}:6:5: the suppression of gpu/* (ann: x) ended at 2020-01-01T00:00:00Z and is ignored; do: take it out, or give it another end`,
        expect.stringMatching(/muster\.yaml:4:9 tools\.ibstat: \/nonexistent\/ibstat is not there \(ENOENT\)/),
      ]),
    );
    expect(said.suppressions).toMatchObject([
      { check: 'gpu/*', active: false },
      { check: 'thermal/*', component: 'gpu99', active: true, here: false, set_by: `${args[1]}:7:5` },
    ]);
  });

  it('does not take what it could not read for nothing', async () => {
    const box = sandbox();
    const state = join(box.dir, 'kept');
    mkdirSync(state);
    writeFileSync(join(state, 'state.json'), '{"schema_version": 1');
    const one = 'owner: bob, reason: fan, until: 2099-01-01T00:00:00Z';
    const args = configured(
      box,
      [
        `state_dir: ${state}`,
        'suppressions:',
        `  - {check: gpu/*, component: gpu3, ${one}}`,
        `  - {check: host/*, component: nvme3, ${one}}`,
      ].join('\n'),
    );
    const { MUSTER_STATE_DIR: _, ...env } = box.env as Record<string, string>;
    const { report: said } = await report(env, ['--mock', 'hgx-h100-8+hung-smi', ...args]);
    expect(said.problems).toContainEqual({
      about: 'suppressions',
      message: expect.stringMatching(/^what operators told the agent is not known: \S+state\.json cannot be read: /),
      cure: expect.stringContaining('the agent writes a damaged one anew'),
    });
    const [gpu, drive] = said.suppressions;
    expect(gpu).not.toHaveProperty('here');
    expect(drive).toHaveProperty('here', true);
  });

  it('looks at the web configuration as the agent would, and shows nothing of it', async () => {
    const box = sandbox();
    const web = join(box.dir, 'web.yml');
    const secret = '$2y$10$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
    writeFileSync(web, `basic_auth_users: {ann: ${secret}}\n`, { mode: 0o644 });
    const args = configured(box, `web: {config_file: ${web}}`);
    const { ran, report: said } = await report(box.env, ['--mock', 'hgx-h100-8', ...args]);
    expect(said.problems).toEqual([
      {
        about: 'web configuration',
        message: expect.stringMatching(/holds a secret, and others may reach it/),
        cure: `run chmod 640 ${web}`,
      },
    ]);
    expect(ran.stdout).not.toContain(secret);
  });

  it('lists the machine profiles of the site', async () => {
    const box = sandbox();
    const file = join(box.dir, 'profiles', 'mine.yaml');
    mkdirSync(join(box.dir, 'profiles'));
    writeFileSync(file, 'id: mine\nextends: hgx-h100-8\n');
    const { report: said } = await report(box.env, ['--mock', 'hgx-h100-8']);
    expect(said.profiles.site_files).toEqual([file]);
  });

  it.each([
    [
      'a configuration that cannot be used',
      'log: {level: inof}',
      [],
      /muster\.yaml:1:7 log\.level: must be .*\[MUSTER_CONFIG\]/,
    ],
    ['a machine that there is not', 'machine: nope', [], /muster\.yaml:1:1 machine: nope is no machine profile/],
    ['another format', '', ['-o', 'yaml'], /-o.*yaml.*\[MUSTER_USAGE\]/],
    ['a simulation that there is not', '', ['--mock', 'nope'], /nope.*\[MUSTER_MOCK\]/],
  ])('%s: one line, and exit code 2', async (_, yaml, args, message) => {
    const box = sandbox();
    const ran = await muster(['doctor', ...configured(box, yaml), ...args], box.env);
    expect({ exitCode: ran.exitCode, stdout: ran.stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(ran.stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(message)]);
  });

  it('asks the agent that runs here, and shows what operators told it', async () => {
    const bench = await openBench('hgx-h100-8');
    const agent = await startAgent(bench.env);
    try {
      await expect.poll(async () => (await agent.get('/-/ready')).status, { timeout: 20_000 }).toBe(200);
      const asked = ['suppress', 'thermal/*', 'gpu2', '--for', '1h', '--reason', 'fan', '--owner', 'eve'];
      expect(await muster(asked, bench.env)).toMatchObject({ exitCode: 0 });
      const { report: said } = await report(bench.env);
      expect(said.problems).toEqual([]);
      expect(said.node.agent).toBe('answers');
      expect(said.checks.find(({ id }) => id === 'host/agent-degraded')).not.toHaveProperty('lacks');
      expect(said.suppressions).toMatchObject([
        { check: 'thermal/*', component: 'gpu2', owner: 'eve', set_by: 'muster suppress', active: true },
      ]);
    } finally {
      await agent.end();
      await bench.close();
    }
  });
});
