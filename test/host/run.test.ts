import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AbsenceReason, CommandResult, Reading } from '../../src/api.ts';
import { run } from '../../src/host/run.ts';
import { temporaryDirectory, writeTool } from '../support/temporary.ts';
import { runtimeFor } from './runtime.ts';

const DEADLINE_MS = 4000;

const runScript = (
  script: string,
  o: { deadlineMs?: number; maxBytes?: number } = {},
): Promise<Reading<CommandResult>> => {
  const bin = temporaryDirectory();
  writeTool(bin, 'tool', script);
  return run('tool', ['-x'], { ...runtimeFor(bin, bin), deadlineMs: DEADLINE_MS, ...o });
};

const answered = (exitCode: number, stdout = '', stderr = ''): Reading<CommandResult> => ({
  ok: true,
  value: { exitCode, stdout, stderr },
});
const because = (reason: AbsenceReason, detail: RegExp) => ({
  ok: false,
  reason,
  detail: expect.stringMatching(detail),
});

const isRunning = (pid: number): boolean => {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a tool that answers', () => {
  it.each([
    ['success', 'echo out; echo err >&2', answered(0, 'out\n', 'err\n')],
    ['a non-zero exit is a value', 'echo half; exit 14', answered(14, 'half\n')],
    ['nothing on stdin', 'cat; echo end', answered(0, 'end\n')],
    ['started in /', 'pwd', answered(0, '/\n')],
    ['the C locale', 'echo $LC_ALL', answered(0, 'C\n')],
    ['no variable of ours', `echo "\${HOME:-none}"`, answered(0, 'none\n')],
  ])('%s', async (_, script, expected) => {
    expect(await runScript(script)).toEqual(expected);
  });

  it('is given what the caller adds to its environment, but not another PATH', async () => {
    const bin = temporaryDirectory();
    writeTool(bin, 'tool', 'echo $MACHINE $PATH');
    const runtime = runtimeFor(bin);
    const answer = await run('tool', [], {
      ...runtime,
      env: { MACHINE: 'mock', PATH: '/nowhere' },
      deadlineMs: DEADLINE_MS,
    });
    expect(answer).toEqual(answered(0, `mock ${runtime.path}\n`));
  });

  it('gets its arguments as they are, for there is no shell', async () => {
    const bin = temporaryDirectory();
    writeTool(bin, 'tool', 'printf "%s|" "$@"');
    const answer = await run('tool', ['$HOME', 'a b', ';', ''], { ...runtimeFor(bin), deadlineMs: DEADLINE_MS });
    expect(answer).toEqual(answered(0, '$HOME|a b|;||'));
  });

  it('loses nothing of a large output', async () => {
    const answer = await runScript('head -c 4000000 /dev/zero | tr "\\0" x');
    expect(answer.ok && answer.value.stdout.length).toBe(4_000_000);
  });

  it('is not waited for when a descendant keeps its stdout open', async () => {
    const answer = await runScript('echo answer; sleep 600 & echo $! >&2; exit 3');
    expect(answer).toEqual(answered(3, 'answer\n', expect.stringMatching(/^\d+\n$/) as unknown as string));
    await expect.poll(() => answer.ok && isRunning(Number(answer.value.stderr))).toBe(false);
  });

  it('is not waited for when a descendant never stops talking', async () => {
    const answer = await runScript('(while :; do echo noise; sleep 0.02; done) & echo answer', { deadlineMs: 20_000 });
    expect(answer).toMatchObject({ ok: true, value: { exitCode: 0, stdout: expect.stringContaining('answer\n') } });
    expect(answer.ok && answer.value.stdout.length).toBeLessThan(100 * 'noise\n'.length);
  });

  it('is not late because our own event loop was held up', async () => {
    const answer = runScript('sleep 0.5; echo in time', { deadlineMs: 2000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    // From here the timers come before the child's exit.
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + 2500;
    while (performance.now() < until);
    expect(await answer).toEqual(answered(0, 'in time\n'));
  });
});

describe('a tool that does not answer', () => {
  it.each([
    [
      'is asked to stop',
      'echo half; sleep 600',
      600,
      because('timeout', /tool -x: no answer in 0\.6 s, stopped by SIGTERM/),
    ],
    [
      'is killed when it ignores SIGTERM',
      'trap "" TERM; while :; do sleep 0.05; done',
      1000,
      because('timeout', /no answer in 1 s, needed SIGKILL/),
    ],
    [
      'is late even when it says 0 on SIGTERM',
      'trap "exit 0" TERM; while :; do sleep 0.05; done',
      1000,
      because('timeout', /no answer/),
    ],
    [
      'is told apart when it was killed by someone else',
      'kill -SEGV $$',
      DEADLINE_MS,
      because('failed', /ended by SIGSEGV/),
    ],
  ])('%s', async (_, script, deadlineMs, expected) => {
    expect(await runScript(script, { deadlineMs })).toEqual(expected);
  });

  it('is killed when it prints without end', async () => {
    const answer = await runScript('echo $$ >&2; exec yes', { maxBytes: 100_000 });
    expect(answer).toEqual(because('failed', /printed more than 100000 bytes/));
  });

  it('takes its descendants with it', async () => {
    const bin = temporaryDirectory();
    writeTool(bin, 'tool', `(trap "" TERM; exec sleep 600) & echo $! > ${bin}/pid; wait`);
    const answer = await run('tool', [], { ...runtimeFor(bin), deadlineMs: 1000 });
    expect(answer).toEqual(because('timeout', /no answer/));
    const pid = Number(readFileSync(join(bin, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it('holds up only calls of the same tool, which run out of time in the queue', async () => {
    const bin = temporaryDirectory();
    writeTool(bin, 'slow', 'exec sleep 600');
    writeTool(bin, 'quick', 'echo here');
    const runtime = runtimeFor(bin);
    const slow = run('slow', ['a'], { ...runtime, deadlineMs: 1500 });
    const queued = run('slow', ['b'], { ...runtime, deadlineMs: 300 });
    const quick = run('quick', [], { ...runtime, deadlineMs: DEADLINE_MS });
    expect(await Promise.race([slow, queued, quick])).toEqual(answered(0, 'here\n'));
    expect(await queued).toEqual(because('timeout', /slow b: waited 0\.3 s for another call of slow/));
    expect(await slow).toEqual(because('timeout', /slow a/));
  });

  it('lets the next call of the same tool go on', async () => {
    const bin = temporaryDirectory();
    writeTool(bin, 'tool', 'echo $1; exec sleep $1');
    const runtime = runtimeFor(bin);
    const [late, next] = await Promise.all([
      run('tool', ['600'], { ...runtime, deadlineMs: 300 }),
      run('tool', ['0'], { ...runtime, deadlineMs: DEADLINE_MS }),
    ]);
    expect(late).toEqual(because('timeout', /./));
    expect(next).toEqual(answered(0, '0\n'));
  });
});

describe('a tool that cannot be started', () => {
  it('is missing', async () => {
    const answer = await run('no-such-tool', [], { ...runtimeFor('/opt/none'), deadlineMs: DEADLINE_MS });
    expect(answer).toEqual(because('no-tool', /^no-such-tool is not on PATH$/));
  });

  it('lacks the interpreter of its first line', async () => {
    const bin = temporaryDirectory();
    writeFileSync(join(bin, 'tool'), '#!/no/such/interpreter\n');
    chmodSync(join(bin, 'tool'), 0o755);
    const answer = await run('tool', [], { ...runtimeFor(bin), deadlineMs: DEADLINE_MS });
    expect(answer).toEqual(because('no-tool', /ENOENT; is the interpreter/));
  });

  it('is refused when no descriptors are left, and the process lives on', async () => {
    const held: number[] = [];
    try {
      for (;;) held.push(openSync('/dev/null', 'r'));
    } catch {
      for (const fd of held.splice(-4)) closeSync(fd);
    }
    const answer = await run('true', [], { ...runtimeFor('/bin'), deadlineMs: DEADLINE_MS });
    for (const fd of held) closeSync(fd);
    expect(answer).toEqual(because('failed', /true: cannot be started: EMFILE/));
  });

  it('is given an argument that no program can get', async () => {
    expect(await run('true', ['a\0b'], { ...runtimeFor('/bin'), deadlineMs: DEADLINE_MS })).toEqual(
      because('failed', /cannot be started/),
    );
  });
});
