import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fakeTools } from './fake-tools.ts';
import type { MockSpec } from './fault-spec.ts';
import { treeWriter } from './owner-files.ts';
import { resolveMock } from './resolve.ts';
import { renderWorld } from './world.ts';

export interface OwnerOptions {
  readonly dir: string;
  readonly spec: string;
  readonly machineFile?: string;
  readonly seed: string;
}

const STEP_MS = 1000;

const installTools = (dir: string): void => {
  mkdirSync(join(dir, 'bin'), { recursive: true });
  for (const [name, script] of fakeTools(join(dir, 'answers'))) {
    const path = join(dir, 'bin', name);
    writeFileSync(path, script);
    chmodSync(path, 0o755);
  }
};

/** Advances the machine once a second until the signal; the directory is gone afterwards. */
const simulate = (dir: string, mock: MockSpec, seed: string, ended: Promise<void>): Promise<void> => {
  const startMs = Date.now();
  const write = treeWriter(dir);
  const step = (): void => write(renderWorld({ ...mock, seed, startMs, atMs: Date.now() }));
  step();
  installTools(dir);
  process.stdout.write('ready\n');
  return new Promise((done, failed) => {
    const timer = setInterval(() => {
      try {
        step();
      } catch (error) {
        clearInterval(timer);
        failed(error);
      }
    }, STEP_MS);
    void ended.then(() => {
      clearInterval(timer);
      done();
    });
  });
};

/** stdin is the lifeline: it closes when the process that wants the simulation ends, however it ends. */
const endOfInterest = (): Promise<void> =>
  new Promise((end) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => end());
    for (const event of ['end', 'close', 'error'] as const) process.stdin.once(event, () => end());
    // The reader of `ready` is gone: an EPIPE must not leave the directory behind.
    process.stdout.once('error', () => end());
    process.stdin.resume();
  });

/**
 * The process that owns a simulated machine: writes it below `dir`, prints `ready`, advances it once a second, and
 * removes it when stdin closes or a signal asks for it. The exit code: 0, or 2 with one line on stderr.
 */
export const runOwner = async ({ dir, spec, machineFile, seed }: OwnerOptions): Promise<number> => {
  const mock = resolveMock(spec, machineFile);
  if (!mock.ok) {
    process.stderr.write(`${mock.error}\n`);
    return 2;
  }
  const root = resolve(dir);
  const ended = endOfInterest();
  try {
    await simulate(root, mock.value, seed, ended);
    return 0;
  } catch (error) {
    process.stderr.write(`simulation below ${root} ended: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  } finally {
    rmSync(root, { recursive: true, force: true });
    // An open stdin would keep the process alive after a signal.
    process.stdin.destroy();
  }
};

/** The arguments that `startMock` appends to its command: DIR SPEC SEED [MACHINE_FILE]. */
export const runOwnerFromArgs = (args: readonly string[]): Promise<number> => {
  const [dir, spec, seed, machineFile] = args;
  if (!dir || !spec || !seed) {
    process.stderr.write('mock-owner is started by muster itself: DIR SPEC SEED [MACHINE_FILE]\n');
    return Promise.resolve(2);
  }
  return runOwner({ dir, spec, seed, ...(machineFile ? { machineFile } : {}) });
};
