import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { resolveMock } from './resolve.ts';
import { bad, good, type Result } from './result.ts';

export interface MockRequest {
  /** `MACHINE[+FAULT[@COMPONENT]…]` */
  readonly spec: string;
  readonly machineFile?: string;
  readonly seed?: string;
  /** How to start the owner; `DIR SPEC SEED [MACHINE_FILE]` is appended to the arguments. */
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
const waitUntilReady = (owner: ChildProcess, deadlineMs: number): Promise<string | undefined> =>
  new Promise((settle) => {
    let printed = '';
    let complaint = '';
    const timer = setTimeout(() => settle(`the simulation did not start within ${deadlineMs} ms`), deadlineMs);
    const end = (problem: string | undefined): void => {
      clearTimeout(timer);
      settle(problem);
    };
    owner.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes('ready\n')) end(undefined);
    });
    owner.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 2_000);
    });
    owner.once('error', (error) => end(`the simulation did not start: ${error.message}`));
    owner.once('close', (code) =>
      end(complaint.trim().split('\n')[0] || `the simulation ended with exit code ${code}`),
    );
  });

const exited = (owner: ChildProcess): Promise<void> =>
  owner.exitCode !== null || owner.signalCode !== null || owner.pid === undefined
    ? Promise.resolve()
    : once(owner, 'exit').then(
        () => undefined,
        () => undefined,
      );

const stopOwner = async (owner: ChildProcess, dir: string): Promise<void> => {
  const gone = exited(owner);
  owner.stdin?.end();
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
  const { spec, machineFile, seed = 'muster', command, deadlineMs = READY_DEADLINE_MS } = request;
  const checked = resolveMock(spec, machineFile);
  if (!checked.ok) return checked;

  let dir: string;
  try {
    dir = await mkdtemp(join(resolve(tmpdir()), 'muster-mock-'));
  } catch (error) {
    return bad(`cannot make a directory for the simulation in ${tmpdir()}: ${(error as NodeJS.ErrnoException).code}`);
  }
  const args = [...command.args, dir, spec, seed, ...(machineFile ? [resolve(machineFile)] : [])];
  // In a session of its own: Ctrl-C must not take the machine away from the agent that is still cleaning up.
  const owner = spawn(command.file, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  // Writing to an owner that just ended is not an event that anybody waits for.
  owner.stdin?.on('error', () => undefined);

  const problem = await waitUntilReady(owner, deadlineMs);
  if (problem !== undefined) {
    await stopOwner(owner, dir);
    return bad(problem);
  }
  let stopped: Promise<void> | undefined;
  const env = environment(dir, request.env ?? process.env);
  return good({
    dir,
    sysfsRoot: env.MUSTER_SYSFS_ROOT ?? '',
    procRoot: env.MUSTER_PROC_ROOT ?? '',
    kmsg: env.MUSTER_KMSG ?? '',
    binDir: join(dir, 'bin'),
    env,
    ended: exited(owner),
    stop: () => {
      stopped ??= stopOwner(owner, dir);
      return stopped;
    },
  });
};
