import type { Child } from './child.ts';
import { afterIo } from './deadline.ts';
import { isAlive, membersOf, processStat } from './process-stat.ts';

/** How a child ended, or that it would not. */
export type Outcome =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'spawn-failed'; readonly code: string }
  | { readonly kind: 'too-much' }
  | { readonly kind: 'timeout'; readonly killed: boolean }
  | { readonly kind: 'hung'; readonly pid: number };

export interface Limits {
  readonly deadlineMs: number;
  readonly maxBytes: number;
}

// SIGTERM, SIGKILL and giving up must all fit in the deadline; most of it belongs to the tool.
const SOFT_SHARE = 0.7;
const KILL_SHARE = 0.15;
const GIVE_UP_SHARE = 0.15;

/** How long a tool may take before it is asked to stop, by SIGTERM. */
export const softLimitMs = (deadlineMs: number): number => Math.floor(deadlineMs * SOFT_SHARE);

// The child itself has ended: what it wrote is in the pipe already, and only a descendant can hold the pipe open.
const QUIET_MS = 100;
// And such a descendant may go on talking.
const DRAIN_MS = 500;

/** Waits for a child, never longer than the deadline, and leaves nothing of its group behind that can be killed. */
export const supervise = (child: Child, { deadlineMs, maxBytes }: Limits): Promise<Outcome> =>
  new Promise((resolve) => {
    const { pid } = child;
    if (pid === undefined) {
      child.onSpawnError((code) => resolve({ kind: 'spawn-failed', code }));
      return;
    }
    const startTicks = processStat(pid)?.startTicks ?? '';
    const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    let bytes = 0;
    let ended: { readonly code: number | null; readonly signal: string | null } | undefined;
    let stopped: 'timeout' | 'too-much' | undefined;
    let killed = false;
    let settled = false;
    let cancelStage = (): void => {};
    let cancelQuiet = (): void => {};
    let cancelDrain = (): void => {};

    const kill = (): void => {
      killed = true;
      child.signal('SIGKILL');
    };

    const settle = (outcome: Outcome): void => {
      if (settled) return;
      settled = true;
      cancelStage();
      cancelQuiet();
      cancelDrain();
      child.release();
      resolve(outcome);
    };

    const answer = (): Outcome => {
      if (stopped === 'too-much') return { kind: 'too-much' };
      if (stopped === 'timeout') return { kind: 'timeout', killed };
      const signal = ended?.signal ?? null;
      if (signal !== null) return { kind: 'signalled', signal };
      return {
        kind: 'exited',
        exitCode: ended?.code ?? 0,
        stdout: Buffer.concat(output.stdout).toString('utf8'),
        stderr: Buffer.concat(output.stderr).toString('utf8'),
      };
    };

    // The child ended, but something of its group still holds the pipes.
    const finish = (): void => {
      child.signal('SIGKILL');
      const stuck = stopped === 'timeout' && killed ? membersOf(pid)[0] : undefined;
      settle(stuck === undefined ? answer() : { kind: 'hung', pid: stuck });
    };

    const awaitQuiet = (): void => {
      cancelQuiet();
      cancelQuiet = afterIo(QUIET_MS, () => {
        if (stopped !== 'timeout' || killed) {
          finish();
          return;
        }
        // The tool obeyed SIGTERM, a descendant did not.
        kill();
        awaitQuiet();
      });
    };

    const giveUp = (): void => {
      if (ended !== undefined) finish();
      else if (isAlive(pid, startTicks)) settle({ kind: 'hung', pid });
      else settle(answer());
    };
    const killIt = (): void => {
      if (ended === undefined) kill();
      cancelStage = afterIo(deadlineMs * GIVE_UP_SHARE, giveUp);
    };
    const askToStop = (): void => {
      if (ended === undefined) {
        stopped ??= 'timeout';
        child.signal('SIGTERM');
      }
      cancelStage = afterIo(deadlineMs * KILL_SHARE, killIt);
    };
    cancelStage = afterIo(softLimitMs(deadlineMs), askToStop);

    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        if (stopped === 'too-much') return;
        bytes += chunk.length;
        if (bytes <= maxBytes) {
          output[name].push(chunk);
          if (ended !== undefined) awaitQuiet();
          return;
        }
        stopped = 'too-much';
        child.stdout.destroy();
        child.stderr.destroy();
        kill();
      });
    }
    child.process.once('exit', (code, signal) => {
      ended = { code, signal };
      cancelDrain = afterIo(DRAIN_MS, finish);
      awaitQuiet();
    });
    child.process.once('close', () => settle(answer()));
  });
