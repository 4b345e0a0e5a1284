import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { entry, muster, PATH, processesNaming, type Ran, type Sandbox, sandboxes } from '../support/cli.ts';
import { descriptionOf, handMade, treeOf } from '../support/fake-tools/machine.ts';
import { DESCRIBES_ONLY, HANGS } from '../support/fake-tools/nvidia-smi.ts';

const sandbox = sandboxes();

const run = (
  args: readonly string[],
  place: Sandbox = sandbox(),
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> => muster(args, { ...place.env, PATH, ...env }, { cwd: place.dir });

/** Exit code 2 and one line on stderr are all that a run leaves which could not begin. */
const refuses = ({ exitCode, stdout, stderr }: Ran, words: RegExp): void => {
  expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/^muster: [^\n]+ \[MUSTER_[A-Z]+\]\n$/);
  expect(stderr).toMatch(words);
};

const H100 = ['--mock', 'hgx-h100-8', '--level', 'quick'] as const;

describe.concurrent('a command line that cannot be understood', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['an unknown verb', ['validat'], /unknown command 'validat'.*validate.*--help/],
    ['an unknown option', ['validate', '--fast'], /unknown option '--fast'.*muster validate --help/],
    ['a word too many', ['validate', 'node7'], /too many arguments for 'validate'/],
    ['a missing value', ['validate', '--gpus'], /'--gpus <list>' argument missing/],
    ['a missing option', ['collect'], /'--save <dir>' not specified/],
    ['a duration without sense', ['validate', '--timeout', 'soon'], /--timeout soon: write for example 30s, /],
    ['no time at all', ['validate', '--timeout', '0s'], /--timeout 0s: write for example 30s, /],
    [
      'a suppression for ever',
      ['suppress', 'gpu/*', '--for', 'forever', '--reason', 'x'],
      /--for forever: write for example 30m, 4h or 7d \[MUSTER_USAGE\]$/m,
    ],
    ['a suppression without unit', ['suppress', 'gpu/*', '--for', '4', '--reason', 'x'], /--for 4: write .* 4h or 7d /],
    ['a reason of nothing', ['ack', 'gpu3', '--reason', ''], /--reason is empty; say what was done /],
    ['two machines', ['validate', '--mock', 'hgx-h100-8', '--from', 'x.xml'], /--mock .* --from .*keep one of the two/],
    [
      'an age of a simulation',
      ['validate', '--mock', 'hgx-h100-8', '--max-age', '60s'],
      /--max-age .*drop it or --mock/,
    ],
    ['an age of a recording', ['validate', '--from', 'x.xml', '--max-age', '60s'], /--max-age .*drop it or --from/],
    ['help for a verb that there is not', ['help', 'nope'], /there is no verb nope; muster --help lists them/],
    [
      'events of a check that there is not',
      ['events', '--check', 'gpuu/*'],
      /no check matches --check gpuu\/\*; muster/,
    ],
    ['a level that there is not', ['validate', '--level', 'full'], /--level.*'full'.*quick, prejob, deep/],
    ['a format that there is not', ['validate', '-o', 'yaml'], /-o yaml.*text, json, junit, nagios, npd, prometheus/],
    ['a format without its file', ['validate', '-o', 'json='], /-o json=: name a file/],
    ['two formats for standard output', ['validate', '-o', 'json', '-o', 'text'], /only one -o.*-o json=verdict\.json/],
    [
      'a glob that matches no check',
      ['validate', '--only', 'gpus/*'],
      /no check matches --only gpus\/\*; muster checks/,
    ],
    ['an unknown machine', ['validate', '--mock', 'hgx-h1000-8'], /unknown machine "hgx-h1000-8".*hgx-h100-8/],
    ['an unknown fault', ['validate', '--mock', 'hgx-h100-8+ib-dwn'], /unknown fault "ib-dwn"; did you mean "ib-down"/],
    ['a fault nowhere', ['validate', '--mock', 'hgx-h100-8+lost@gpu9'], /gpu9/],
    ['a fault on the wrong part', ['validate', '--mock', 'hgx-h100-8+lost@mlx5_0'], /lost.*mlx5_0|mlx5_0.*lost/],
    ['an unknown machine for mock', ['mock', 'hgx', '--', 'true'], /unknown machine "hgx"/],
    ['mock without a command', ['mock', 'hgx-h100-8'], /muster mock hgx-h100-8 -- /],
    ['an unknown check to explain', ['explain', 'gpu/ecc'], /no check gpu\/ecc; .*gpu\/ecc-errors|no check gpu\/ecc/],
    ['an Xid that is no number', ['explain', 'xid', 'many'], /muster explain xid 79/],
    ['an address to listen on that is none', ['agent', '--web.listen', 'everywhere'], /everywhere.*127\.0\.0\.1:9780/],
  ])('%s is refused in one line', async (_, args, words) => {
    refuses(await run(args), words);
  });

  it('an unknown profile is refused in one line', async () => {
    refuses(
      await run(['validate', ...H100, '--machine', 'hgx-h1000']),
      /--machine: hgx-h1000 is no machine profile; .*hgx-h100-8/,
    );
  });
});

describe.concurrent('the choice of GPUs', () => {
  it.each<[string, string, RegExp]>([
    ['no GPU', 'none', /--gpus=none selects no GPU/],
    ['no GPU, as the container runtime says it', 'void', /--gpus=void selects no GPU/],
    ['an index that is not there', '99', /--gpus=99 matches none of this node's GPUs \(0, 1, 2, 3, 4, 5, 6, 7\)/],
    ['a UUID that is not there', 'GPU-ffffffff', /--gpus=GPU-ffffffff matches none/],
  ])('refuses %s', async (_, gpus, words) => {
    refuses(await run(['validate', ...H100, '--gpus', gpus]), words);
  });

  const NONE = 'none';
  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['--gpus over every variable', ['--gpus', '98'], { SLURM_JOB_GPUS: '1', CUDA_VISIBLE_DEVICES: '2' }, /--gpus=98/],
    [
      'Slurm over CUDA',
      [],
      { SLURM_JOB_GPUS: '97', CUDA_VISIBLE_DEVICES: '2', NVIDIA_VISIBLE_DEVICES: '3' },
      /SLURM_JOB_GPUS=97/,
    ],
    [
      'CUDA over the container runtime',
      [],
      { CUDA_VISIBLE_DEVICES: '96', NVIDIA_VISIBLE_DEVICES: '3' },
      /CUDA_VISIBLE_DEVICES=96/,
    ],
    ['the container runtime', [], { NVIDIA_VISIBLE_DEVICES: NONE }, /NVIDIA_VISIBLE_DEVICES=none/],
  ])('asks %s', async (_, args, env, words) => {
    refuses(await run(['validate', ...H100, ...args], sandbox(), env), words);
  });

  it('leaves out the findings of the other GPUs', async () => {
    const faulty = ['validate', '--mock', 'hgx-h100-8+xid79@gpu3', '--level', 'quick', '-o', 'json'];
    expect(await run([...faulty, '--gpus', '0,1'])).toMatchObject({ exitCode: 0 });
    expect(await run([...faulty, '--gpus', '3'])).toMatchObject({ exitCode: 1 });
    expect(await run(faulty, sandbox(), { CUDA_VISIBLE_DEVICES: 'all' })).toMatchObject({ exitCode: 1 });
  });
});

describe.concurrent('a configuration that cannot be used', () => {
  const refused = async (yaml: string, words: RegExp): Promise<void> => {
    const place = sandbox();
    writeFileSync(join(place.dir, 'site.yaml'), yaml);
    refuses(await run(['validate', '--config', 'site.yaml', ...H100], place), words);
  };

  it.each<[string, string, RegExp]>([
    ['broken YAML', 'machine: hgx-h100-8\nweb: [listen\n', /site\.yaml:[23]:\d+: .+/],
    ['an unknown setting', 'web:\n  listen: 127.0.0.1:9780\n  lisen: 1\n', /site\.yaml:3:3 web\.lisen: .+/],
    ['a wrong type', 'metrics:\n  max_series: many\n', /site\.yaml:2:\d+ metrics\.max_series: .+/],
    ['an unknown check', 'checks:\n  gpu/ecc: {mode: off}\n', /site\.yaml:2:3 .*gpu\/ecc.*: .+/],
    [
      'a mode that there is not',
      'checks:\n  gpu/ecc-errors: {mode: shout}\n',
      /site\.yaml:2:\d+ .*gpu\/ecc-errors.*mode: .+/,
    ],
    ['a list instead of settings', '- machine\n', /site\.yaml:1:1.* list/],
    [
      'an unknown profile',
      'gpus: expected\nmachine: hgx-h1000\n',
      /site\.yaml:2:1 machine: hgx-h1000 is no machine profile; .*hgx-h100-8/,
    ],
    ['an unknown source', 'sources:\n  infinband: {every: 30s}\n', /site\.yaml:2:3 sources\.infinband: .*infiniband/],
    ['an unknown tool', 'tools: {nvidia_smi: /x}\n', /site\.yaml:1:9 tools\.nvidia_smi: .*nvidia-smi, ibstat/],
  ])('%s is refused with file, line and path', async (_, yaml, words) => {
    await refused(yaml, words);
  });

  it('a file that is not there is named', async () => {
    const ran = await run(['validate', '--config', 'no-such.yaml', ...H100]);
    refuses(ran, /no-such\.yaml: cannot be read \(ENOENT\).* \[MUSTER_CONFIG\]$/m);
  });

  it('a directory is named', async () => {
    const place = sandbox();
    mkdirSync(join(place.dir, 'site.yaml'));
    refuses(await run(['validate', '--config', 'site.yaml', ...H100], place), /site\.yaml: cannot be read \(EISDIR\)/);
  });

  it('a variable is named', async () => {
    refuses(
      await run(['validate', ...H100], sandbox(), { MUSTER_KERNEL_LOG_TRUST: 'nobody' }),
      /MUSTER_KERNEL_LOG_TRUST=nobody: /,
    );
  });
});

describe.concurrent('a recording that cannot be read', () => {
  it.each<[string, (place: Sandbox) => string, RegExp]>([
    ['one that is not there', ({ dir }) => join(dir, 'no-such'), /no-such: not there; .*muster collect --save/],
    ['garbage', ({ dir }) => join(dir, 'garbage'), /garbage: neither a recording directory nor/],
    ['an empty file', ({ dir }) => join(dir, 'empty'), /empty: neither|empty: /],
    ['a directory without samples', ({ dir }) => join(dir, 'bare'), /bare\/manifest\.json: not there/],
  ])('%s is named', async (_, at, words) => {
    const place = sandbox();
    writeFileSync(join(place.dir, 'garbage'), '\u0000\u0001 not XML');
    writeFileSync(join(place.dir, 'empty'), '');
    mkdirSync(join(place.dir, 'bare'));
    refuses(await run(['validate', '--from', at(place)], place), words);
  });

  it('half an XML is a recording in which the rest is unknown', async () => {
    const place = sandbox();
    const xml = descriptionOf('hgx-h100-8');
    writeFileSync(join(place.dir, 'half.xml'), xml.slice(0, Math.floor(xml.length / 2)));
    const ran = await run(['validate', '--from', 'half.xml', '-o', 'json'], place);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    const { overall_severity, checks } = JSON.parse(ran.stdout) as VerdictReport;
    expect(overall_severity).toBe('UNKNOWN');
    expect(checks.find(({ id }) => id === 'gpu/lost-gpus')?.severity).toBe('UNKNOWN');
  });
});

describe.concurrent('outputs', () => {
  it('go to a file and to standard output in one run', async () => {
    const place = sandbox();
    const ran = await run(['validate', ...H100, '-o', 'json=verdict.json', '-o', 'text'], place);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(readFileSync(join(place.dir, 'verdict.json'), 'utf8'))).toMatchObject({ ready: true });
    expect(ran.stdout).toContain('SIMULATED MACHINE hgx-h100-8');
    expect(ran.stdout.trim().split('\n').at(-1)).toMatch(/^READY: PASS .*exit code 0$/);
  });

  it.each([
    { spec: 'hgx-h100-8', nagios: 0, npd: 0, word: 'OK' },
    { spec: 'hgx-h100-8+remap-pending', nagios: 1, npd: 0, word: 'WARNING' },
    { spec: 'hgx-h100-8+xid79', nagios: 2, npd: 1, word: 'CRITICAL' },
  ])('speak the protocols of Nagios and node-problem-detector for $spec', async ({ spec, nagios, npd, word }) => {
    const said = await run(['validate', '--mock', spec, '--level', 'quick', '-o', 'nagios']);
    expect(said).toMatchObject({ exitCode: nagios, stdout: expect.stringContaining(word) });
    expect(await run(['validate', '--mock', spec, '--level', 'quick', '-o', 'npd'])).toMatchObject({ exitCode: npd });
  });

  it('that cannot be written leave standard output empty', async () => {
    refuses(
      await run(['validate', ...H100, '-o', 'text', '-o', 'json=no/such/directory/verdict.json']),
      /no\/such\/directory\/verdict\.json cannot be written \(ENOENT\)/,
    );
  });
});

describe.concurrent('collect', () => {
  const severities = ({ checks }: VerdictReport): readonly string[] =>
    checks.map(({ id, severity }) => `${id} ${severity}`);

  it.each(['hgx-h100-8+ecc@gpu2+ib-flap@mlx5_1', 'gb200-nvl72+power-cap@gpu1'])(
    'keeps of %s what the live verdict was made of',
    async (spec) => {
      const place = sandbox();
      const saved = join(place.dir, 'recording');
      const [recorded, live] = await Promise.all([
        run(['collect', '--mock', spec, '--save', saved], place),
        run(['validate', '--mock', spec, '-o', 'json']),
      ]);
      expect(recorded).toMatchObject({ exitCode: 0, stdout: `${saved}\n` });
      const again = await run(['validate', '--from', saved, '-o', 'json']);
      expect(again.exitCode).toBe(live.exitCode);
      const verdict = JSON.parse(again.stdout) as VerdictReport;
      expect(verdict.validation.source).toBe('recording');
      expect(severities(verdict)).toEqual(severities(JSON.parse(live.stdout) as VerdictReport));
    },
  );

  it('refuses a directory that holds something, before it takes a sample', async () => {
    const place = sandbox();
    writeFileSync(join(place.dir, 'precious'), '');
    refuses(
      await run(['collect', '--mock', 'hgx-h100-8', '--save', place.dir], place),
      /not empty; choose a new directory/,
    );
    expect(readdirSync(place.dir)).toContain('precious');
  });

  it('refuses a place that is not there', async () => {
    const place = sandbox();
    const far = join(place.dir, 'no/such/place');
    refuses(
      await run(['collect', '--mock', 'hgx-h100-8', '--save', far], place),
      /cannot be written: ENOENT; create its parent/,
    );
  });
});

describe.concurrent('a reader that leaves', () => {
  /** Runs the program with standard output or stderr closed at the other end before it writes. */
  const unread = async (which: 1 | 2, args: readonly string[]): Promise<{ code: unknown; said: string }> => {
    const place = sandbox();
    const child = spawn(process.execPath, [entry(), ...args], {
      env: { ...place.env, PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const heard = which === 1 ? child.stderr : child.stdout;
    heard.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    (which === 1 ? child.stdout : child.stderr).destroy();
    const [code] = await once(child, 'close');
    return { code, said };
  };

  it.each<readonly string[]>([
    ['checks'],
    ['validate', ...H100, '-o', 'prometheus'],
    ['explain', 'xid', '79', '-o', 'json'],
  ])('of the result ends %s quietly, as SIGPIPE would, and not as if it were ready', async (...args) => {
    expect(await unread(1, args)).toEqual({ code: 141, said: '' });
  });

  it('of stderr changes nothing', async () => {
    expect(await unread(2, ['events'])).toMatchObject({ code: 0 });
    expect(await unread(2, ['events', '--limit', '0'])).toEqual({ code: 2, said: '' });
  });

  it('is told from a full disk', async (test) => {
    test.skip(!existsSync('/dev/full'), 'needs /dev/full');
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [entry(), 'checks'], { env: { PATH }, stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, said }).toEqual({
      code: 2,
      said: 'muster: standard output cannot be written (ENOSPC); check where it goes\n',
    });
  });
});

describe.concurrent('a signal', () => {
  it.for([
    { signal: 'SIGTERM', exitCode: 143 },
    { signal: 'SIGINT', exitCode: 130 },
  ] as const)(
    '$signal ends a validation with $exitCode, and the tool that hangs with it',
    async ({ signal, exitCode }, { expect }) => {
      const place = sandbox();
      const machine = handMade(place, treeOf('hgx-h100-8'), { 'nvidia-smi': HANGS });
      const child = spawn(process.execPath, [entry(), 'validate'], { env: { ...machine.env }, stdio: 'ignore' });
      const ended = once(child, 'exit');
      await expect.poll(() => machine.stillRunning().length, { timeout: 20_000 }).toBeGreaterThan(0);
      child.kill(signal);
      expect(await ended).toEqual([exitCode, null]);
      try {
        await expect.poll(() => machine.stillRunning()).toEqual([]);
      } finally {
        for (const pid of machine.stillRunning()) process.kill(pid, 'SIGKILL');
      }
    },
  );

  it('ends the simulation too', async ({ expect }) => {
    const place = sandbox();
    const child = spawn(process.execPath, [entry(), 'validate', '--mock', 'hgx-h100-8'], {
      env: { ...place.env, PATH },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await expect.poll(() => readdirSync(place.temporary).length, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill('SIGTERM');
    expect(await ended).toEqual([143, null]);
    await expect.poll(() => readdirSync(place.temporary), { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => processesNaming(place.temporary), { timeout: 10_000 }).toEqual([]);
  });
});

describe.concurrent('the baseline of one-shot runs', () => {
  it('makes rates known to the second quick validation of the same boot', async () => {
    const place = sandbox();
    const machine = handMade(
      place,
      treeOf('hgx-h100-8'),
      { 'nvidia-smi': DESCRIBES_ONLY },
      { 'q-x': descriptionOf('hgx-h100-8') },
    );
    const quick = async (): Promise<string | undefined> => {
      const { stdout } = await muster(['validate', '--level', 'quick', '-o', 'json'], machine.env);
      return (JSON.parse(stdout) as VerdictReport).checks.find(({ id }) => id === 'gpu/pcie-replays')?.severity;
    };
    expect(await quick()).toBe('SKIPPED');
    expect(existsSync(join(place.dir, 'runtime', 'baseline.json'))).toBe(true);
    expect(await quick()).toBe('PASS');
  });
});
