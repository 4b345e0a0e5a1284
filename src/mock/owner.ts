import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { fakeTools } from './fake-tools.ts';
import { answerLine, parseRequest } from './owner-requests.ts';
import { resolveMock } from './resolve.ts';
import { createSimulation, type Simulation } from './simulation.ts';

export interface OwnerOptions {
  readonly dir: string;
  readonly spec: string;
  readonly machineFile?: string;
  readonly seed: string;
  /** How often the machine is written anew; it does not make its time run faster. */
  readonly stepMs?: number;
}

/** Sensors and counters have a new value each second. */
const STEP_MS = 1000;
/** A step takes some milliseconds: shorter ones would leave the process no time to answer. */
const MIN_STEP_MS = 20;

const installTools = (dir: string): void => {
  mkdirSync(join(dir, 'bin'), { recursive: true });
  for (const [name, script] of fakeTools(join(dir, 'answers'))) {
    const path = join(dir, 'bin', name);
    writeFileSync(path, script);
    chmodSync(path, 0o755);
  }
};

/** Advances the machine and answers requests until the signal; rejects when its files can no longer be written. */
const run = ({ advance, change }: Simulation, stepMs: number, ended: Promise<void>): Promise<void> =>
  new Promise((done, failed) => {
    const timer = setInterval(() => attempt(advance), stepMs);
    const lines = createInterface({ input: process.stdin });
    const stop = (): void => {
      clearInterval(timer);
      lines.close();
    };
    const attempt = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        stop();
        failed(error);
      }
    };
    lines.on('line', (line) =>
      attempt(() => {
        const request = parseRequest(line);
        process.stdout.write(`${answerLine(request.ok ? change(request.value) : request)}\n`);
      }),
    );
    void ended.then(() => {
      stop();
      done();
    });
  });

/** stdin is the lifeline: it closes when the process that wants the simulation ends, however it ends. */
const endOfInterest = (): Promise<void> =>
  new Promise((end) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => end());
    for (const event of ['end', 'close', 'error'] as const) process.stdin.once(event, () => end());
    // The reader of the answers is gone: an EPIPE must not leave the directory behind.
    process.stdout.on('error', () => end());
  });

/**
 * The process that owns a simulated machine: writes it below `dir`, prints `ready`, advances it once a second, answers
 * each request on stdin with a line, and removes the machine when stdin closes or a signal asks for it. The exit code:
 * 0, or 2 with one line on stderr.
 */
export const runOwner = async ({ dir, spec, machineFile, seed, stepMs = STEP_MS }: OwnerOptions): Promise<number> => {
  const mock = resolveMock(spec, machineFile);
  if (!mock.ok) {
    process.stderr.write(`${mock.error}\n`);
    return 2;
  }
  const root = resolve(dir);
  const ended = endOfInterest();
  try {
    const simulation = createSimulation(root, mock.value, seed);
    simulation.advance();
    installTools(root);
    process.stdout.write('ready\n');
    await run(simulation, stepMs, ended);
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

const USAGE = `mock-owner is started by muster itself: DIR SPEC SEED [MACHINE_FILE] [--step-ms N], N at least ${MIN_STEP_MS}`;

const optionsFrom = (args: readonly string[]): OwnerOptions | undefined => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'step-ms': { type: 'string' } },
    strict: false,
  });
  const [dir, spec, seed, machineFile] = positionals;
  const stepMs = Number(values['step-ms'] ?? STEP_MS);
  if (!dir || !spec || !seed || !(stepMs >= MIN_STEP_MS)) return undefined;
  return { dir, spec, seed, stepMs, ...(machineFile ? { machineFile } : {}) };
};

/** The arguments that `startMock` appends to its command: DIR SPEC SEED [MACHINE_FILE] [--step-ms N]. */
export const runOwnerFromArgs = async (args: readonly string[]): Promise<number> => {
  const options = optionsFrom(args);
  if (options) return runOwner(options);
  process.stderr.write(`${USAGE}\n`);
  return 2;
};
