import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type MockRequest, type MockSession, startMock } from '../../src/mock/session.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { bundleOwner, until } from './owner-process.ts';
import { errorOf, value } from './support.ts';

const exec = promisify(execFile);
let command: MockRequest['command'];
const sessions: MockSession[] = [];

const start = async (spec: string, more: Partial<MockRequest> = {}): Promise<MockSession> => {
  const session = value(await startMock({ spec, command, ...more }));
  sessions.push(session);
  return session;
};

beforeAll(async () => {
  command = await bundleOwner();
});
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.stop()));
});
afterAll(async () => {
  const { rm } = await import('node:fs/promises');
  await rm(dirname(command.args[0] ?? '/nowhere'), { recursive: true, force: true });
});

/** Runs a tool as Slurm's hooks would: by path, with no environment at all. */
const call = async (
  session: MockSession,
  tool: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> =>
  exec(join(session.binDir, tool), args, { env: {}, maxBuffer: 1 << 24 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  );

describe('the simulated tools', () => {
  test('answer what the folder of answers holds', async () => {
    const session = await start('hgx-h100-8');
    const xml = await call(session, 'nvidia-smi', '-q', '-x');
    expect(xml.code).toBe(0);
    expect(xml.stdout).toMatch(/^<\?xml[\s\S]*<\/nvidia_smi_log>\n$/);
    expect((await call(session, 'nvidia-smi', '-x', '-q')).stdout).toContain('</nvidia_smi_log>');
    expect((await call(session, 'nvidia-smi', 'nvlink', '-s')).stdout).toContain('Link 17: 26.562 GB/s');
    expect((await call(session, 'nvidia-smi')).stdout).toContain('NVIDIA-SMI 580.105.08');
    expect((await call(session, 'ibstat')).stdout).toContain("CA 'mlx5_7'");
  });

  test.each([
    ['nvidia-smi', ['--reset-gpu']],
    ['nvidia-smi', ['../../etc/passwd']],
    ['nvidia-smi', ['$(touch', 'x)']],
    ['ibstat', ['-l']],
  ])('%s refuses %j with exit 2', async (tool, args) => {
    const session = await start('hgx-h100-8');
    const answer = await call(session, tool, ...args);
    expect(answer.code).toBe(2);
    expect(answer.stdout).toMatch(/^The simulated /);
  });

  test('fail as the faults say', async () => {
    const mismatch = await start('hgx-h100-8+driver-mismatch');
    expect(await call(mismatch, 'nvidia-smi', '-q', '-x')).toEqual({
      code: 18,
      stdout: 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.159\n',
      stderr: '',
    });
    expect((await call(mismatch, 'nvidia-smi', '--anything')).code).toBe(18);
    const broken = await start('hgx-h100-8+broken-smi');
    expect((await call(broken, 'nvidia-smi', '-q', '-x')).code).toBe(255);
    expect((await call(broken, 'ibstat')).code).toBe(0);
  });

  test('hang through SIGTERM, die of SIGKILL, and leave no child', async () => {
    const session = await start('hgx-h100-8+hung-smi');
    const child = spawn(join(session.binDir, 'nvidia-smi'), ['-q', '-x'], { detached: true, stdio: 'ignore' });
    const pid = child.pid ?? 0;
    // The signal is ignored once the script has come to its trap, which shows in its command line on Linux.
    if (existsSync('/proc/self/cmdline')) {
      await until(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sleep'));
    } else {
      await new Promise((next) => setTimeout(next, 500));
    }
    const ended = new Promise((settle) => child.once('exit', (_, signal) => settle(signal)));
    child.kill('SIGTERM');
    await new Promise((next) => setTimeout(next, 200));
    expect(child.exitCode ?? child.signalCode).toBe(null);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect(() => process.kill(-pid, 0)).toThrow();
  });
});

describe('the owner', () => {
  test('advances the machine without touching what did not change', async () => {
    const session = await start('hgx-h100-8+ib-errors@mlx5_2');
    const port = join(session.sysfsRoot, 'class/infiniband/mlx5_2/ports/1');
    const read = (name: string): number => Number(readFileSync(join(port, name), 'utf8'));
    const before = read('counters/port_rcv_errors');
    const identity = statSync(join(port, 'state')).ino;
    await until(() => read('counters/port_rcv_errors') > before);
    expect(statSync(join(port, 'state')).ino).toBe(identity);
    expect(read('counters/port_rcv_errors')).toBe(
      before + 50 * Math.round((read('counters/port_rcv_errors') - before) / 50),
    );
  });

  test('says where everything is, and lets an explicit root win', async () => {
    const session = await start('gb200-nvl72+xid95@gpu1', {
      env: { PATH: '/usr/bin', MUSTER_SYSFS_ROOT: '/elsewhere/sys' },
    });
    expect(session.sysfsRoot).toBe('/elsewhere/sys');
    expect(session.env).toEqual({
      PATH: `${session.binDir}:/usr/bin`,
      MUSTER_SYSFS_ROOT: '/elsewhere/sys',
      MUSTER_PROC_ROOT: join(session.dir, 'proc'),
      MUSTER_KMSG: join(session.dir, 'kmsg'),
      MUSTER_STATE_DIR: join(session.dir, 'state'),
      MUSTER_RUNTIME_DIR: join(session.dir, 'run'),
    });
    expect(readFileSync(session.kmsg, 'utf8')).toContain('NVRM: Xid (PCI:0009:01:00): 95,');
    expect(readFileSync(join(session.procRoot, 'driver/nvidia/version'), 'utf8')).toContain('580.173.02');
  });

  test('removes the directory when it is stopped, twice or not', async () => {
    const session = await start('hgx-a100-8');
    expect(existsSync(session.dir)).toBe(true);
    await Promise.all([session.stop(), session.stop()]);
    await session.ended;
    expect(existsSync(session.dir)).toBe(false);
  });

  test('removes the directory when the process that wanted it is killed', async () => {
    // A parent in between: it starts the owner with a lifeline, as startMock does, and is killed.
    const script = `
      const { spawn } = require('node:child_process');
      const dir = require('node:fs').mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'muster-mock-'));
      const owner = spawn(process.execPath, [${JSON.stringify(command.args[0])}, dir, 'hgx-h100-8', 'seed'],
        { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
      owner.stdout.once('data', () => console.log(dir));`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const dir = await new Promise<string>((found) => parent.stdout.once('data', (chunk) => found(`${chunk}`.trim())));
    expect(readdirSync(dir)).toContain('answers');
    parent.kill('SIGKILL');
    await until(() => !existsSync(dir));
    expect(existsSync(dir)).toBe(false);
  });

  test('takes a machine from a file', async () => {
    const holder = await start('hgx-h100-8');
    const machineFile = join(holder.dir, 'ours.yaml');
    writeFileSync(machineFile, 'extends: hgx-h200-8\nname: ours\ndriver: 590.48.01\n');
    for (const session of [await start(`${machineFile}+lost@gpu1`), await start('ours+lost@gpu1', { machineFile })]) {
      const { stdout } = await call(session, 'nvidia-smi', '-q', '-x');
      expect(stdout).toContain('<driver_version>590.48.01</driver_version>');
      expect(stdout).toContain('GPU is lost');
    }
  });
});

describe('faults that come and go', () => {
  const seesLost = async (session: MockSession): Promise<boolean> =>
    (await call(session, 'nvidia-smi', '-q', '-x')).stdout.includes('GPU is lost');

  test('a tool that is called after the answer sees the change', async () => {
    const session = await start('hgx-h100-8');
    expect(await session.inject('lost@gpu3')).toEqual({ ok: true, value: 'ok' });
    expect(await seesLost(session)).toBe(true);
    expect(await session.recover('lost@gpu3')).toEqual({ ok: true, value: 'ok' });
    expect(await seesLost(session)).toBe(false);
  });

  test('an Xid is appended to the kernel log, which a reader follows by offset', async () => {
    const session = await start('hgx-h100-8+xid48@gpu1');
    const before = readFileSync(session.kmsg, 'utf8');
    const { ino } = statSync(session.kmsg);
    const answers = await Promise.all(
      ['xid79@gpu3', 'xid79@gpu3', 'missing@gpu2'].map((fault) => session.inject(fault)),
    );
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect((await session.recover('xid48@gpu1')).ok).toBe(true);
    const now = readFileSync(session.kmsg, 'utf8');
    expect(now.startsWith(before)).toBe(true);
    expect(statSync(session.kmsg).ino).toBe(ino);
    expect(now.slice(before.length).match(/Xid|RmInitAdapter/g)).toEqual(['Xid', 'Xid', 'RmInitAdapter']);
  });

  test('what makes no sense answers one line each, in order, and changes nothing', async () => {
    const session = await start('hgx-h100-8');
    const [unknown, component, absent, good] = await Promise.all([
      session.inject('losst@gpu3'),
      session.inject('lost@gpu8'),
      session.recover('hot@gpu1'),
      session.inject('hot@gpu1'),
    ]);
    expect(errorOf(unknown)).toMatch(/^unknown fault "losst"; did you mean "lost"\?/);
    expect(errorOf(component)).toMatch(/^fault "lost": hgx-h100-8 has no "gpu8"/);
    expect(errorOf(absent)).toBe('fault "hot@gpu1" is not there; nothing is');
    for (const refused of [unknown, component, absent]) expect(errorOf(refused)).not.toContain('\n');
    expect(good.ok).toBe(true);
    expect(await seesLost(session)).toBe(false);
    expect(errorOf(await session.recover('no\nsense'))).not.toContain('\n');
  });

  test('an owner that was stopped is said to be gone', async () => {
    const stopped = await start('hgx-h100-8');
    const late = stopped.stop();
    expect(errorOf(await stopped.inject('lost@gpu3'))).toBe('the simulation has ended; start it again');
    await late;
    expect(errorOf(await stopped.inject('lost@gpu3'))).toBe('the simulation has ended; start it again');
  });

  test('the owner refuses what is no request in one line, and goes on', async () => {
    const owner = spawn(command.file, [...command.args, temporaryDirectory(), 'hgx-h100-8', 'seed'], { stdio: 'pipe' });
    const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('ready');
    const nonsense = [
      'lost@gpu3',
      '{"repair":"lost@gpu3"}',
      '{"inject":"lost@gpu3","recover":"hot"}',
      '{"inject":3}',
      'null',
      '',
    ];
    for (const line of nonsense) {
      owner.stdin.write(`${line}\n`);
      expect((await lines.next()).value, line).toBe(
        'error: a request is {"inject":"FAULT[@COMPONENT]"} or {"recover":"FAULT[@COMPONENT]"}',
      );
    }
    owner.stdin.write('{"inject":"lost@gpu3"}\n');
    expect((await lines.next()).value).toBe('ok');
    owner.stdin.end();
    expect((await once(owner, 'exit'))[0]).toBe(0);
  });
});

describe('the rate of steps', () => {
  test('more often than a second, while the clock of the machine does not run faster', async () => {
    const session = await start('hgx-h100-8', { stepMs: 50 });
    const read = (path: string): string => readFileSync(join(session.procRoot, path), 'utf8');
    const uptimes = new Set<number>();
    await until(() => uptimes.add(Number.parseFloat(read('uptime'))).size >= 8);
    // At a step a second they would be seven seconds apart.
    expect(Math.max(...uptimes) - Math.min(...uptimes)).toBeLessThan(6);
    const bootSeconds = Number(/btime (\d+)/.exec(read('stat'))?.[1]);
    expect(bootSeconds + Number.parseFloat(read('uptime'))).toBeLessThan(Date.now() / 1000 + 0.1);
  });

  test.each(['0', '-5', 'often'])('%s is refused', async (step) => {
    const owner = spawn(command.file, [
      ...command.args,
      temporaryDirectory(),
      'hgx-h100-8',
      'seed',
      `--step-ms=${step}`,
    ]);
    const [complaint] = await once(owner.stderr, 'data');
    expect(`${complaint}`).toMatch(/^mock-owner is started by muster itself: .*N at least 20\n$/);
    expect((await once(owner, 'exit'))[0]).toBe(2);
  });
});

describe('a simulation that cannot start', () => {
  test.each([
    ['an unknown machine', { spec: 'hgx-x100-8' }, /^unknown machine "hgx-x100-8"/],
    ['an unknown fault', { spec: 'hgx-h100-8+losst' }, /^unknown fault "losst"; did you mean "lost"\?/],
    ['a file that is not there', { spec: './nowhere.yaml' }, /^\.\/nowhere\.yaml: cannot read the machine: ENOENT$/],
  ])('%s is one line', async (_, request, expected) => {
    const error = errorOf(await startMock({ command, ...request }));
    expect(error).toMatch(expected);
    expect(error).not.toContain('\n');
  });

  test.each([
    [
      'an owner that is not there',
      { file: '/nonexistent/muster', args: [] },
      /^the simulation did not start: .*ENOENT/,
    ],
    [
      'an owner that ends at once',
      { file: '/bin/sh', args: ['-c', 'exit 3'] },
      /^the simulation ended with exit code 3$/,
    ],
    ['an owner that complains', { file: '/bin/sh', args: ['-c', 'echo no space >&2; exit 2'] }, /^no space$/],
    [
      'an owner that never gets ready',
      { file: '/bin/sh', args: ['-c', 'cat >/dev/null'] },
      /did not start within 300 ms$/,
    ],
  ])('%s is one line', async (_, broken, expected) => {
    expect(errorOf(await startMock({ spec: 'hgx-h100-8', command: broken, deadlineMs: 300 }))).toMatch(expected);
  });
});
