import { absent, known, type S } from '../api.ts';
import { type Child, startChild } from './child.ts';
import { afterIo } from './deadline.ts';
import { lineSplitter } from './line-splitter.ts';
import { describeProcess, membersOf } from './process-stat.ts';
import { commandLine, type ToolRuntime } from './run.ts';
import { findTool, toolName } from './tools.ts';

export interface FollowOptions extends ToolRuntime {
  readonly stallMs: number;
  readonly signal: AbortSignal;
  readonly maxLineLength?: number;
}

const MAX_LINE_LENGTH = 64 << 10;
// A consumer that does not keep up stops the tool through the pipe instead of filling memory.
const MAX_WAITING_LINES = 1000;
const KILL_AFTER_MS = 500;

/** SIGTERM, then SIGKILL, then the record of the abandoned; nobody waits for it. */
const stop = (tool: string, child: Child, sinceUnixMs: number, abandoned: ToolRuntime['abandoned']): void => {
  const { pid } = child;
  if (pid === undefined) return;
  child.stdout.destroy();
  child.stderr.destroy();
  if (child.process.exitCode !== null || child.process.signalCode !== null) {
    child.signal('SIGKILL');
    child.release();
    return;
  }
  child.signal('SIGTERM');
  setTimeout(() => {
    child.signal('SIGKILL');
    setTimeout(() => {
      for (const survivor of membersOf(pid)) abandoned.add(tool, survivor, sinceUnixMs);
      child.release();
    }, KILL_AFTER_MS).unref();
  }, KILL_AFTER_MS).unref();
  child.process.unref();
};

/**
 * Lines of a tool that is meant to run on. Ends with an absence when it exits, says nothing for `stallMs` or prints a
 * line without end; ends without one when the signal aborts. Whoever stops iterating stops the tool.
 */
export const follow = (tool: string, args: readonly string[], options: FollowOptions): AsyncIterable<S> => ({
  [Symbol.asyncIterator]: () => iterate(tool, args, options),
});

const iterate = (tool: string, args: readonly string[], options: FollowOptions): AsyncIterator<S> => {
  const { signal, stallMs, abandoned, clock } = options;
  const command = commandLine(tool, args);
  const waiting: S[] = [];
  let child: Child | undefined;
  let started = false;
  let ended = false;
  let sinceUnixMs = 0;
  let take: ((result: IteratorResult<S>) => void) | undefined;
  let cancelStall = (): void => {};

  const hand = (): void => {
    if (take === undefined) return;
    const next = waiting.shift();
    if (next === undefined && !ended) return;
    cancelStall();
    const resolve = take;
    take = undefined;
    resolve(next === undefined ? { done: true, value: undefined } : { done: false, value: next });
    if (waiting.length < MAX_WAITING_LINES && child?.stdout.isPaused()) child.stdout.resume();
  };

  const end = (last?: S): void => {
    if (ended) return;
    ended = true;
    signal.removeEventListener('abort', onAbort);
    if (last !== undefined) waiting.push(last);
    if (child !== undefined) stop(tool, child, sinceUnixMs, abandoned);
    hand();
  };
  const onAbort = (): void => {
    waiting.length = 0;
    end();
  };

  const listen = (to: Child): void => {
    const splitter = lineSplitter(options.maxLineLength ?? MAX_LINE_LENGTH);
    let complaint = '';
    to.stdout.on('data', (chunk: Buffer) => {
      if (ended) return;
      const lines = splitter.push(chunk);
      if (lines === undefined) {
        end(
          absent(
            'failed',
            `${command}: printed a line longer than ${options.maxLineLength ?? MAX_LINE_LENGTH} characters`,
          ),
        );
        return;
      }
      for (const line of lines) waiting.push(known(line));
      if (waiting.length >= MAX_WAITING_LINES) to.stdout.pause();
      hand();
    });
    to.stderr.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString('utf8')}`.slice(-400);
    });
    const onExit = (code: number | null, by: string | null): void => {
      if (!ended && splitter.rest() !== '') waiting.push(known(splitter.rest()));
      const said = complaint.trim().split('\n').at(-1) ?? '';
      const how = by === null ? `exited with code ${code ?? 0}` : `ended by ${by}`;
      end(absent('failed', `${command}: ${how}${said === '' ? '' : `: ${said}`}`));
    };
    // 'close' comes after the last line; a descendant that holds the pipe must not delay the end for ever.
    to.process.once('close', onExit);
    to.process.once('exit', (code, by) => setTimeout(() => onExit(code, by), KILL_AFTER_MS).unref());
    to.onSpawnError((code) =>
      end(absent(code === 'ENOENT' ? 'no-tool' : 'failed', `${command}: cannot be started: ${code}`)),
    );
  };

  const start = async (): Promise<void> => {
    const hanging = abandoned.describe(tool);
    if (hanging !== undefined) {
      end(absent('hung', `${toolName(tool)} ${hanging}; not started again while that process lives`));
      return;
    }
    const file = await findTool(tool, options);
    if (ended) return;
    if (!file.ok) {
      end(file);
      return;
    }
    sinceUnixMs = clock.wallMs();
    child = startChild(file.value, args, options);
    listen(child);
  };

  const awaitLine = (): void => {
    cancelStall = afterIo(stallMs, () => {
      const state = child?.pid === undefined ? '' : ` (${describeProcess(child.pid)})`;
      end(absent('timeout', `${command}: said nothing for ${stallMs / 1000} s${state}`));
    });
  };

  return {
    next: () =>
      new Promise((resolve) => {
        take = resolve;
        if (!started) {
          started = true;
          if (signal.aborted) end();
          else {
            signal.addEventListener('abort', onAbort, { once: true });
            start().catch((error: unknown) => end(absent('failed', `${command}: ${String(error)}`)));
          }
        }
        if (take === resolve && !ended && waiting.length === 0) awaitLine();
        hand();
      }),
    return: () => {
      waiting.length = 0;
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
};
