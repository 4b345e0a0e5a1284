import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { type OwnerProcess, ownerAnswers } from './owner-answers.ts';
import { resolveMock } from './resolve.ts';
import { bad, good, type Result } from './result.ts';

export interface MockRequest {
  /** `MACHINE[+FAULT[@COMPONENT]…]` */
  readonly spec: string;
  readonly machineFile?: string;
  readonly seed?: string;
  /** How often the owner writes the machine anew; once a second by default. */
  readonly stepMs?: number;
  /** How to start the owner; `DIR SPEC SEED [MACHINE_FILE] [--step-ms N]` is appended to the arguments. */
  readonly command: { readonly file: string; readonly args: readonly string[] };
  /** The environment of the process that will read the machine. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly deadlineMs?: number;
}

export interface MockSession {
  readonly dir: string;
  readonly sysfsRoot: string;
  readonly procRoot: string;
  readonly kmsg: string;
  readonly binDir: string;
  /** What to add to the environment so that this machine is read instead of the real one. */
  readonly env: Readonly<Record<string, string>>;
  /** Adds `xid79@gpu3` while the machine runs; answers when its files show it, else with the line that says why not. */
  inject(fault: string): Promise<Result<string>>;
  /** Ends a fault, injected or of `spec`; what it has counted and said stays. */
  recover(fault: string): Promise<Result<string>>;
  /** Resolves when the owner has ended, asked or not. */
  readonly ended: Promise<void>;
  /** Ends the owner and removes the directory; never throws, safe to call twice. */
  stop(): Promise<void>;
}

const READY_DEADLINE_MS = 15_000;
const STOP_GRACE_MS = 2_000;
/** For a caller without PATH, which Slurm gives its hooks. */
const PLAIN_PATH = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(delimiter);

/** Resolves with nothing when the owner is ready, else with the line that says why not. */
const waitUntilReady = (owner: OwnerProcess, deadlineMs: number): Promise<string | undefined> =>
  new Promise((settle) => {
    let printed = '';
    let complaint = '';
    const timer = setTimeout(() => settle(`the simulation did not start within ${deadlineMs} ms`), deadlineMs);
    const end = (problem: string | undefined): void => {
      clearTimeout(timer);
      settle(problem);
    };
    owner.stdout.on('data', function wait(chunk: Buffer) {
      printed += chunk.toString();
      if (!printed.includes('ready\n')) return;
      owner.stdout.off('data', wait);
      end(undefined);
    });
    owner.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 2_000);
    });
    owner.once('error', (error) => end(`the simulation did not start: ${error.message}`));
    owner.once('close', (code) =>
      end(complaint.trim().split('\n')[0] || `the simulation ended with exit code ${code}`),
    );
  });

const exited = (owner: OwnerProcess): Promise<void> =>
  owner.exitCode !== null || owner.signalCode !== null || owner.pid === undefined
    ? Promise.resolve()
    : once(owner, 'exit').then(
        () => undefined,
        () => undefined,
      );

const stopOwner = async (owner: OwnerProcess, dir: string): Promise<void> => {
  const gone = exited(owner);
  owner.stdin.end();
  const escalate = [
    setTimeout(() => owner.kill('SIGTERM'), STOP_GRACE_MS),
    setTimeout(() => owner.kill('SIGKILL'), 2 * STOP_GRACE_MS),
  ];
  await gone;
  for (const timer of escalate) clearTimeout(timer);
  await rm(dir, { recursive: true, force: true }).catch(() => undefined);
};

const environment = (dir: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  // A root that somebody set on purpose wins over that of the simulation.
  const own = {
    MUSTER_SYSFS_ROOT: join(dir, 'sys'),
    MUSTER_PROC_ROOT: join(dir, 'proc'),
    MUSTER_KMSG: join(dir, 'kmsg'),
    MUSTER_STATE_DIR: join(dir, 'state'),
    MUSTER_RUNTIME_DIR: join(dir, 'run'),
  };
  const roots = Object.entries(own).map(([name, value]): [string, string] => [name, env[name] || value]);
  return { ...Object.fromEntries(roots), PATH: [join(dir, 'bin'), env.PATH || PLAIN_PATH].join(delimiter) };
};

/** Starts a simulated machine in a temporary directory, owned by a process of its own. */
export const startMock = async (request: MockRequest): Promise<Result<MockSession>> => {
  const { spec, machineFile, seed = 'muster', stepMs, command, deadlineMs = READY_DEADLINE_MS } = request;
  const checked = resolveMock(spec, machineFile);
  if (!checked.ok) return checked;

  let dir: string;
  try {
    dir = await mkdtemp(join(resolve(tmpdir()), 'muster-mock-'));
  } catch (error) {
    return bad(`cannot make a directory for the simulation in ${tmpdir()}: ${(error as NodeJS.ErrnoException).code}`);
  }
  const file = machineFile ? [resolve(machineFile)] : [];
  const step = stepMs === undefined ? [] : ['--step-ms', `${stepMs}`];
  const args = [...command.args, dir, spec, seed, ...file, ...step];
  // In a session of its own: Ctrl-C must not take the machine away from the agent that is still cleaning up.
  const owner = spawn(command.file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  // Writing to an owner that just ended is not an event that anybody waits for.
  owner.stdin.on('error', () => undefined);

  const problem = await waitUntilReady(owner, deadlineMs);
  if (problem !== undefined) {
    await stopOwner(owner, dir);
    return bad(problem);
  }
  const ask = ownerAnswers(owner);
  let stopped: Promise<void> | undefined;
  const env = environment(dir, request.env ?? process.env);
  return good({
    dir,
    sysfsRoot: env.MUSTER_SYSFS_ROOT ?? '',
    procRoot: env.MUSTER_PROC_ROOT ?? '',
    kmsg: env.MUSTER_KMSG ?? '',
    binDir: join(dir, 'bin'),
    env,
    inject: (fault) => ask({ inject: fault }),
    recover: (fault) => ask({ recover: fault }),
    ended: exited(owner),
    stop: () => {
      stopped ??= stopOwner(owner, dir);
      return stopped;
    },
  });
};
