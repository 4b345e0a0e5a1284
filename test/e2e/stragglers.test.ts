import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { StragglersReport } from '../../src/report/stragglers/report.ts';
import { muster, type Ran, sandboxes } from '../support/cli.ts';
import { expectGolden } from '../support/golden.ts';
import { HEADER, type LogShape, logLines, logText } from '../support/query-log.ts';
import { writeFiles } from '../support/temporary.ts';

const TEST = 'test/e2e/stragglers.test.ts';
const sandbox = sandboxes();

const follows = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(readFileSync(new URL('../../src/report/stragglers.schema.json', import.meta.url), 'utf8')) as object,
);

const SHAPE: Omit<LogShape, 'node'> = { minutes: 50, busy: [2, 48] };
const HOT = { gpu: 5, from: 14 };

/** The logs of four nodes, the third with a GPU that is held back by heat. */
const withHotGpu = (): Record<string, string> => ({
  'node-1.csv': logText({ ...SHAPE, node: 1 }),
  'node-2.csv': logText({ ...SHAPE, node: 2 }),
  'node-3.csv': logText({ ...SHAPE, node: 3, hot: HOT }),
  'node-4.csv': logText({ ...SHAPE, node: 4 }),
});

const healthy = (): Record<string, string> => ({ ...withHotGpu(), 'node-3.csv': logText({ ...SHAPE, node: 3 }) });

interface Judged {
  readonly ran: Ran;
  readonly report: StragglersReport;
}

/** Runs over files of a directory of their own; `args` may name further ones. */
const run = async (
  files: Record<string, string | Buffer>,
  args: readonly string[] = [],
  from?: readonly string[],
): Promise<Ran> => {
  const { dir, env } = sandbox();
  writeFiles(
    dir,
    Object.fromEntries(Object.entries(files).filter(([, text]) => typeof text === 'string')) as Record<string, string>,
  );
  for (const [name, bytes] of Object.entries(files))
    if (typeof bytes !== 'string') writeFileSync(join(dir, name), bytes);
  const logs = from ?? Object.keys(files).filter((name) => name.startsWith('node-'));
  return muster(['stragglers', '--from', ...logs, ...args], env, { cwd: dir });
};

const judge = async (...given: Parameters<typeof run>): Promise<Judged> => {
  const [files, args = [], from] = given;
  const ran = await run(files, [...args, '-o', 'json'], from);
  expect(ran.stdout, ran.stderr).not.toBe('');
  const report = JSON.parse(ran.stdout) as StragglersReport;
  expect(follows(report), JSON.stringify(follows.errors)).toBe(true);
  return { ran, report };
};

/** One line on stderr that says what and where, and nothing on stdout. */
const expectRefusal = (ran: Ran, ...words: readonly string[]): void => {
  expect(ran.exitCode, ran.stderr).toBe(2);
  expect(ran.stdout).toBe('');
  expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ran.stderr).not.toMatch(/unexpected|\bat .*\.(?:js|ts):\d/);
  for (const word of words) expect(ran.stderr).toContain(word);
};

describe('muster stragglers --from', () => {
  it('names the GPU that is held back, in text and in JSON', async () => {
    const text = await run(withHotGpu());
    expect(text).toMatchObject({ exitCode: 1, stderr: '' });
    expectGolden('stragglers/hot-gpu.txt', text.stdout, TEST);
    const { ran, report } = await judge(withHotGpu());
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expectGolden('stragglers/hot-gpu.json', ran.stdout, TEST);
    expect(report).toMatchObject({ source: 'offline', window_seconds: 3000, evaluated_at: '2026-11-26T14:50:00.000Z' });
    expect(report.jobs).toMatchObject([{ job_id: '', nodes: 4, gpus: 32, verdict: 'likely' }]);
    expect(report.jobs[0]?.stragglers.map(({ node, gpu }) => [node, gpu?.index])).toEqual([['node-3', 5]]);
    expect(report.jobs[0]?.stragglers[0]?.causes.map(({ kind }) => kind)).toContain('thermal_throttle');
  });

  it('accuses nobody where all are alike', async () => {
    const text = await run(healthy());
    expect(text).toMatchObject({ exitCode: 0, stderr: '' });
    expect(text.stdout).toContain('NO STRAGGLER');
    expect((await judge(healthy())).report.jobs).toMatchObject([{ verdict: 'clean', stragglers: [] }]);
  });

  it('tells jobs apart by a list, and leaves out who is in none', async () => {
    const files = { ...withHotGpu(), 'jobs.csv': 'node,job_id\nnode-1,41\nnode-2,41\nnode-3,42\n' };
    const { ran, report } = await judge(files, ['--jobs', 'jobs.csv']);
    expect(report.jobs.map(({ job_id, nodes, verdict }) => [job_id, nodes, verdict])).toEqual([
      ['42', 1, 'likely'],
      ['41', 2, 'clean'],
    ]);
    expect(ran.stderr).toBe('muster: jobs.csv names no job of node-4; not judged\n');
  });

  it('reads step times, and skips the lines that are none', async () => {
    const steps = Array.from({ length: 300 }, (_, i) => {
      const [step, rank] = [Math.floor(i / 10), i % 10];
      return `${step},${rank},${rank === 5 ? 1.2 : 1},node-3,${rank % 8}`;
    });
    const files = {
      ...withHotGpu(),
      'steps.csv': `step,rank,seconds,node,gpu\n${steps.join('\n')}\n1,2,fast,node-3,2\n`,
    };
    const { ran, report } = await judge(files, ['--steps', 'steps.csv']);
    expect(ran.exitCode).toBe(1);
    expect(report.jobs[0]?.stragglers[0]).toMatchObject({ node: 'node-3', gpu: { index: 5 } });
    expect(ran.stderr).toBe('muster: steps.csv:302: seconds: "fast" is not a number (1 line skipped)\n');
  });

  describe('given step times', () => {
    const stepText = (header: string, line: (step: number, rank: number) => string): string =>
      `${header}\n${Array.from({ length: 320 }, (_, i) => line(Math.floor(i / 8), i % 8)).join('\n')}\n`;
    const seconds = (rank: number): number => (rank === 5 ? 1.2 : 1);
    const progress = ({ report }: Judged) =>
      report.jobs[0]?.stragglers.map(({ node, gpu, families }) => [node, gpu?.index, families.includes('progress')]);

    it('takes a name with a domain for the node whose log goes without', async () => {
      const steps = stepText(
        'step,rank,seconds,node,gpu',
        (step, rank) => `${step},${rank},${seconds(rank)},node-3.cluster.local,${rank}`,
      );
      const judged = await judge({ ...withHotGpu(), 'steps.csv': steps }, ['--steps', 'steps.csv']);
      expect(judged.ran.stderr).toBe('');
      expect(progress(judged)).toEqual([['node-3', 5, true]]);
    });

    it('says of which nodes there is no log', async () => {
      const steps = stepText(
        'step,rank,seconds,node,gpu',
        (step, rank) => `${step},${rank},${seconds(rank)},${rank === 5 ? 'nod-3' : 'node-3'},${rank}`,
      );
      const { ran } = await judge({ ...withHotGpu(), 'steps.csv': steps }, ['--steps', 'steps.csv']);
      expect(ran.stderr).toBe(
        'muster: steps.csv: there is no log of nod-3; what their ranks take counts for the job only\n',
      );
    });

    it('knows the node where there is only one', async () => {
      const steps = stepText('step,rank,seconds,gpu', (step, rank) => `${step},${rank},${seconds(rank)},${rank}`);
      const files = { 'node-3.csv': withHotGpu()['node-3.csv'] ?? '', 'steps.csv': steps };
      expect(progress(await judge(files, ['--steps', 'steps.csv']))).toEqual([['node-3', 5, true]]);
    });
  });

  it('says that a log repeats itself, and judges it once', async () => {
    const files = withHotGpu();
    const twice = { ...files, 'node-2.csv': `${files['node-2.csv']}${files['node-2.csv']}` };
    const { ran, report } = await judge(twice);
    expect(report).toEqual((await judge(files)).report);
    expect(ran.stderr).toBe('muster: node-2.csv: 2400 lines left out that repeat earlier ones of the file\n');
  });

  it('moves the times of a node whose clock is in another zone, and says so', async () => {
    const files = {
      ...withHotGpu(),
      'node-3.csv': logText({ ...SHAPE, node: 3, hot: HOT, startsAt: '2026/11/26 07:00' }),
    };
    const { ran, report } = await judge(files);
    expect(report).toMatchObject({ window_seconds: 3000, jobs: [{ nodes: 4, gpus: 32, verdict: 'likely' }] });
    expect(ran.stderr).toContain('node-3: its clock is 420 min behind');
  });

  it('reads columns without units, of other names, in another order', async () => {
    const renamed = (text: string): string =>
      text
        .replaceAll(/ (?:MHz|W|%|us)(?=[,\n])/g, '')
        .replace('clocks.current.sm', 'clocks.sm')
        .replace('clocks_event_reasons_counters', 'clocks_throttle_reasons_counters')
        .replaceAll(/^(.*), ([^,\n]*)$/gm, '$2, $1, some.later.column')
        .replaceAll('\n', '\r\n');
    const files = Object.fromEntries(Object.entries(withHotGpu()).map(([name, text]) => [name, renamed(text)]));
    const [{ report }, { report: same }] = [await judge(files), await judge(withHotGpu())];
    expect(report).toEqual(same);
  });
});

describe('logs that are not as they should be', () => {
  const [line = ''] = logLines({ ...SHAPE, node: 1 });

  it.each([
    [
      'cut in a line',
      (text: string) => text.slice(0, -40),
      /node-2\.csv: 1 line of 2400 skipped \(the last one is cut\)/,
    ],
    ['torn in the midst', (text: string) => text.replace(line.slice(30), 'oops'), /\(line 2: /],
    [
      'with what a shell wrote first',
      (text: string) => `nohup: ignoring input\n${text}`,
      /line 1: no header line before it/,
    ],
  ])('%s are judged without those lines, which are counted', async (_, damage, said) => {
    const files = { ...withHotGpu(), 'node-2.csv': damage(logText({ ...SHAPE, node: 1 })) };
    const { ran, report } = await judge(files);
    expect(ran.exitCode).toBe(1);
    expect(report.jobs).toMatchObject([{ nodes: 4, verdict: 'likely' }]);
    expect(ran.stderr).toMatch(said);
  });

  it.each([
    ['empty', '', 'node-2.csv is empty; its node is not judged'],
    ['without a header', logText({ ...SHAPE, node: 2, header: false }), 'node-2.csv has no header line'],
    [
      'garbage',
      Buffer.from(Array.from({ length: 99_999 }, (_, i) => (i * 7919) % 251)),
      'node-2.csv has no header line',
    ],
    [
      'without time',
      'index, utilization.gpu [%]\n0, 99 %\n',
      'node-2.csv has no column timestamp; add it to --query-gpu',
    ],
  ])('%s are not judged, and the others are', async (_, text, said) => {
    const { ran, report } = await judge({ ...withHotGpu(), 'node-2.csv': text });
    expect(ran.exitCode).toBe(1);
    expect(report.jobs).toMatchObject([{ nodes: 3, verdict: 'likely' }]);
    expect(ran.stderr).toContain(said);
  });

  it.each([
    [
      'of which none can be used',
      { 'node-1.csv': '', 'node-2.csv': HEADER },
      ['node-1.csv is empty', 'node-2.csv has'],
    ],
    ['that are compressed', { 'node-1.csv': Buffer.from([0x1f, 0x8b, 8, 0]) }, ['node-1.csv is compressed', 'gunzip']],
    [
      'that are too short to say anything',
      { 'node-1.csv': `${HEADER}\n${line.slice(0, 50)}` },
      ['the last one is cut'],
    ],
  ])('%s end with 2', async (_, files, words) => {
    expectRefusal(await run(files), ...words);
  });

  it('two of one node end with 2', async () => {
    const files = { 'a/node-1.csv': logText({ ...SHAPE, node: 1 }), 'b/node-1.log': logText({ ...SHAPE, node: 2 }) };
    expectRefusal(await run(files, [], Object.keys(files)), 'a/node-1.csv and b/node-1.log are both of node node-1');
  });

  it('that are not there, or a directory, end with 2', async () => {
    expectRefusal(await run(healthy(), [], ['node-1.csv', 'node-9.csv']), 'node-9.csv is not there');
    const { dir, env } = sandbox();
    mkdirSync(join(dir, 'logs'));
    expectRefusal(
      await muster(['stragglers', '--from', 'logs'], env, { cwd: dir }),
      'logs is a directory',
      'logs/*.csv',
    );
  });

  it('with broken lists beside them end with 2', async () => {
    const files = { ...healthy(), 'garbage.csv': '\0\u0001,,,\n\n"', 'none.csv': 'step,rank,seconds\n1,2,fast\n' };
    expectRefusal(
      await run(files, ['--steps', 'garbage.csv']),
      '--steps: garbage.csv:1: no column step, rank, seconds',
    );
    expectRefusal(await run(files, ['--steps', 'none.csv']), '--steps: none.csv:2: seconds: "fast" is not a number');
    expectRefusal(await run(files, ['--steps', 'missing.csv']), '--steps: missing.csv is not there');
    expectRefusal(await run(files, ['--jobs', 'garbage.csv']), '--jobs: garbage.csv:1: expected node,job_id');
  });
});

describe('the command line of muster stragglers', () => {
  const U = 'http://127.0.0.1:1';

  it.each([
    [[], 'name one of the two'],
    [['--from', 'x', '--prometheus', U], 'keep one of the two'],
    [['--from', 'x', '--job', '7'], '--job goes with --prometheus'],
    [['--from', 'x', '--window', '15m'], '--window goes with --prometheus'],
    [['--from', 'x', '--insecure-skip-verify'], '--insecure-skip-verify goes with --prometheus'],
    [['--prometheus', U, '--steps', 'x'], '--steps goes with --from'],
    [['--prometheus', U, '--time', 'yesterday'], '--time yesterday: write Unix seconds'],
    [['--prometheus', U, '--time', '1795651205101'], '--time 1795651205101: write Unix seconds'],
    [['--prometheus', U, '--window', '15'], '--window 15: write for example 15m'],
    [['--prometheus', U, '--username', 'x'], '--username needs --password-file'],
    [
      ['--prometheus', U, '--username', 'x', '--password-file', 'none'],
      '--password-file none: cannot be read (ENOENT)',
    ],
    [['--prometheus', U, '--bearer-token-file', '/dev/zero'], '--bearer-token-file /dev/zero: is no regular file'],
    [['--prometheus', U, '--ca-file', '.'], '--ca-file .: is no regular file'],
    [['--prometheus', U, '--bearer-token-file', 'large'], '--bearer-token-file large: is larger than 1 MiB'],
    [['--prometheus', U, '--bearer-token-file', 'empty'], '--bearer-token-file empty: is empty'],
    [['--prometheus', U, '--ca-file', 'pipe'], '--ca-file pipe: is no regular file'],
    [['--prometheus', U, '--bearer-token-file', 'pipe'], '--bearer-token-file pipe: is no regular file'],
    [['--prometheus', U, '--username', 'x', '--password-file', 'pipe'], '--password-file pipe: is no regular file'],
    [['--from', 'x', 'x'], '--from names x twice'],
    [['--from', 'x', '-o', 'xml'], 'text, json'],
  ])('%j is refused: %s', async (args, words) => {
    const { dir, env } = sandbox();
    writeFiles(dir, { large: 'x'.repeat(2 ** 20 + 1), empty: '' });
    // Nobody ever writes into it.
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    expectRefusal(await muster(['stragglers', ...args], env, { cwd: dir }), words);
  });
});
