import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAbandoned } from '../../src/host/abandoned.ts';
import { manualClock } from '../../src/host/clock.ts';
import { run } from '../../src/host/run.ts';
import { noDState, withFrozenDirectory } from '../support/dstate.ts';
import { temporaryDirectory, writeTool } from '../support/temporary.ts';
import { runtimeFor } from './runtime.ts';

const impossible = noDState();
const onLinux = process.platform === 'linux';

const runHost = join(import.meta.dirname, '../../src/host/machine.ts');

/** Runs `tool` through a host of another Node process that shares the runtime directory. */
const runElsewhere = async (bin: string, runtimeDir: string): Promise<unknown> => {
  const outfile = join(temporaryDirectory(), 'elsewhere.cjs');
  const host = `createMachineHost({ runtimeDir: ${JSON.stringify(runtimeDir)}, path: ${JSON.stringify(`${bin}:/usr/bin:/bin`)} })`;
  await build({
    stdin: {
      contents: `import { createMachineHost } from ${JSON.stringify(runHost)};
        ${host}.run('tool', [], { deadlineMs: 2000 }).then((answer) => console.log(JSON.stringify(answer)));`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
  });
  const { stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8', timeout: 20_000 });
  return stdout === '' ? stderr : JSON.parse(stdout);
};

const startSleeper = (): number => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid ?? 0;
};

describe.skipIf(!onLinux)('the record of abandoned children (needs /proc)', () => {
  it('keeps a tool from being started again by this process and by another', async () => {
    const bin = temporaryDirectory();
    writeTool(bin, 'tool', `echo started >> ${bin}/starts`);
    const pid = startSleeper();
    const runtime = runtimeFor(bin, bin);
    runtime.abandoned.add('/usr/bin/tool', pid, Date.now() - 94_000);
    const expected = {
      ok: false,
      reason: 'hung',
      detail: expect.stringMatching(new RegExp(`^tool has been hanging for \\d+ s, pid ${pid}, [RSD] state`)),
    };
    expect(await run('tool', [], { ...runtime, deadlineMs: 2000 })).toEqual(expected);
    expect(await runElsewhere(bin, bin)).toEqual(expected);
    expect(existsSync(join(bin, 'starts'))).toBe(false);
  });

  it('ends with the child, and its file goes', async () => {
    const directory = temporaryDirectory();
    const abandoned = createAbandoned(directory);
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    abandoned.add('tool', child.pid ?? 0, Date.now());
    expect([abandoned.count(), readdirSync(join(directory, 'abandoned')).length]).toEqual([1, 1]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect([abandoned.count(), readdirSync(join(directory, 'abandoned')).length]).toEqual([0, 0]);
  });

  it.each([
    ['the pid was given to another process', { startTicks: '1' }],
    ['the machine was booted since', { bootId: 'another' }],
  ])('is stale when %s', (_, change) => {
    const directory = temporaryDirectory();
    createAbandoned(directory).add('tool', startSleeper(), Date.now());
    const file = join(directory, 'abandoned', readdirSync(join(directory, 'abandoned'))[0] ?? '');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
    const later = createAbandoned(directory);
    expect([later.count(), existsSync(file)]).toEqual([0, false]);
  });

  it('is left alone when it was made in another pid namespace', () => {
    const directory = temporaryDirectory();
    createAbandoned(directory).add('tool', startSleeper(), Date.now());
    const file = join(directory, 'abandoned', readdirSync(join(directory, 'abandoned'))[0] ?? '');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), pidNamespace: 'pid:[1]' }));
    expect([createAbandoned(directory).count(), existsSync(file)]).toEqual([0, true]);
  });

  it('is kept in memory where the directory cannot be written', () => {
    const abandoned = createAbandoned('/proc/no/such');
    abandoned.add('tool', startSleeper(), Date.now());
    expect([abandoned.count(), abandoned.of('tool').length, abandoned.of('other').length]).toEqual([1, 1, 0]);
  });

  it('ignores files that are no records', () => {
    const directory = temporaryDirectory();
    const abandoned = createAbandoned(directory);
    abandoned.add('tool', startSleeper(), Date.now());
    for (const [i, text] of ['', '{"tool":1}', '[]', 'null', '{'].entries()) {
      writeFileSync(join(directory, 'abandoned', `bad-${i}.json`), text);
    }
    expect(abandoned.count()).toBe(1);
  });

  it('tells the age of the oldest child of a tool', () => {
    const clock = manualClock(1_000_000);
    const abandoned = createAbandoned(undefined, clock);
    expect(abandoned.oldestSeconds('tool')).toBe(0);
    abandoned.add('tool', startSleeper(), clock.wallMs());
    clock.advance(60_000);
    abandoned.add('tool', startSleeper(), clock.wallMs());
    clock.advance(34_000);
    expect(abandoned.oldestSeconds('tool')).toBe(94);
    expect(abandoned.describe('tool')).toMatch(/^has been hanging for 94 s, pid \d+, [RSD] state/);
  });
});

const title = impossible === undefined ? '' : ` (skipped: ${impossible})`;

describe.skipIf(impossible !== undefined)(`a process in D state${title}`, () => {
  const hungIn = (pattern: RegExp) => ({ ok: false, reason: 'hung', detail: expect.stringMatching(pattern) });

  it.each([
    ['the tool itself', 'exec touch'],
    ['a descendant of the tool', 'touch'],
  ])('is given up, reported and not piled up: %s', async (_, touch) => {
    await withFrozenDirectory(async (frozen) => {
      const bin = temporaryDirectory();
      const runtimeDir = temporaryDirectory();
      writeTool(bin, 'tool', `echo started >> ${bin}/starts; ${touch} ${frozen.path}/file; echo done`);
      const runtime = runtimeFor(bin, runtimeDir);
      // Only a thaw ends the process: without the hard deadline this would never return.
      const first = await run('tool', [], { ...runtime, deadlineMs: 1500 });
      expect(first).toEqual(hungIn(/no answer in 1\.5 s, SIGKILL does not end it \(pid \d+, D state in \w+\)/));
      expect(runtime.abandoned.count()).toBe(1);

      expect(await run('tool', ['other'], { ...runtime, deadlineMs: 1500 })).toEqual(
        hungIn(/^tool has been hanging for \d+ s/),
      );
      expect(await runElsewhere(bin, runtimeDir)).toEqual(hungIn(/^tool has been hanging for \d+ s, pid \d+, D state/));
      expect(readFileSync(join(bin, 'starts'), 'utf8')).toBe('started\n');

      frozen.thaw();
      await expect.poll(() => runtime.abandoned.count(), { timeout: 10_000 }).toBe(0);
      expect(await run('tool', [], { ...runtime, deadlineMs: 5000 })).toMatchObject({
        ok: true,
        value: { exitCode: 0 },
      });
    });
  });
});
