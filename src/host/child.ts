import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { errorCode } from './errno.ts';
import { searchPath } from './tools.ts';

export interface ChildEnvironment {
  readonly path?: string | undefined;
  /** Beyond `LC_ALL` and `PATH`, the only variables that a tool gets. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A tool that runs as the leader of its own process group. */
export interface Child {
  readonly process: ChildProcess;
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** To the whole group, so that what the tool started goes with it. */
  signal(signal: NodeJS.Signals): void;
  /** Stops waiting: closes the pipes and lets Node exit without the child. */
  release(): void;
  /** Calls back with the system's error code when the tool cannot be started. */
  onSpawnError(callback: (code: string) => void): void;
}

const running = new Set<Child>();
let exitHooked = false;

// A group of its own does not get the terminal's SIGINT, nor does it end with its parent.
const killRunning = (): void => {
  for (const child of running) child.signal('SIGKILL');
};

// Two pipes, the pipe by which the child reports a failed exec, and some for what other threads open meanwhile.
const DESCRIPTORS = 8;

/**
 * Throws EMFILE or ENFILE when there are not enough descriptors left. Node then returns a child without pipes on which
 * execa throws before it listens, and the child's `error` event ends the whole process (Node 20, execa 9.6).
 */
const needDescriptors = (): void => {
  const opened: number[] = [];
  try {
    for (let i = 0; i < DESCRIPTORS; i += 1) opened.push(openSync('/dev/null', 'r'));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
};

/** Starts a tool without a shell, in `/`, with nothing to read. execa's own timeouts are unused: they wait for ever on a child in D state. */
export const startChild = (file: string, args: readonly string[], { path, env }: ChildEnvironment): Child => {
  needDescriptors();
  const started = execa(file, args, {
    reject: false,
    buffer: false,
    detached: true,
    cwd: '/',
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    extendEnv: false,
    env: { ...env, PATH: searchPath(path), LC_ALL: 'C' },
  });
  const { pid, stdout, stderr } = started;
  const child: Child = {
    process: started as unknown as ChildProcess,
    pid,
    stdout,
    stderr,
    signal: (signal) => {
      if (pid === undefined) return;
      try {
        process.kill(-pid, signal);
      } catch {
        // ESRCH: the group is gone already.
      }
    },
    release: () => {
      stdout.destroy();
      stderr.destroy();
      if (pid !== undefined) started.unref();
      running.delete(child);
    },
    onSpawnError: (callback) => {
      void started.then(
        ({ code }) => {
          if (pid === undefined) callback(code ?? 'unknown error');
        },
        (error: unknown) => callback(errorCode(error)),
      );
    },
  };
  // A pipe that breaks is not an error of its own: the exit tells.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  if (pid === undefined) return child;
  if (!exitHooked) process.once('exit', killRunning);
  exitHooked = true;
  running.add(child);
  child.process.once('exit', () => running.delete(child));
  return child;
};
