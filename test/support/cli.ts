import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist', 'main.js');
const LOCK = join(ROOT, '.cache', 'e2e-build.lock');
/** Far above what any run needs; a test that meets it has found a hang. */
const HANG_MS = 60_000;

const newestBelow = (directory: string): number =>
  Math.max(
    ...readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

const isFresh = (): boolean =>
  existsSync(BUILT) && statSync(BUILT).mtimeMs >= Math.max(newestBelow('src'), newestBelow('checks'));

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** `npm test` has built already; where a single file is run by hand, one worker builds and the others wait. */
const built = (): string => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  for (const endsAt = Date.now() + HANG_MS; !isFresh() && Date.now() < endsAt; ) {
    try {
      mkdirSync(LOCK);
    } catch {
      pause(200);
      continue;
    }
    try {
      if (!isFresh()) execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT });
    } finally {
      rmSync(LOCK, { recursive: true, force: true });
    }
  }
  return BUILT;
};

let entryPoint: string | undefined;

/** What is run: the bundle, or another packaging of it such as `MUSTER_ENTRY=dist/muster.cjs`. */
export const entry = (): string => {
  const given = process.env.MUSTER_ENTRY;
  entryPoint ??= given === undefined ? built() : resolve(ROOT, given);
  return entryPoint;
};

/** Directories of one run, so that runs do not see each other's baselines, daemons and simulations. */
export interface Sandbox {
  readonly dir: string;
  readonly temporary: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Makes sandboxes that go when the tests of this file are over. */
export const sandboxes = (): (() => Sandbox) => {
  const root = mkdtempSync(join(tmpdir(), 'muster-e2e-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => {
    const dir = mkdtempSync(join(root, 'run-'));
    const temporary = join(dir, 'tmp');
    mkdirSync(temporary);
    return {
      dir,
      temporary,
      env: {
        HOME: dir,
        TMPDIR: temporary,
        MUSTER_STATE_DIR: join(dir, 'state'),
        MUSTER_RUNTIME_DIR: join(dir, 'runtime'),
        MUSTER_PROFILES_DIR: join(dir, 'profiles'),
      },
    };
  };
};

export interface Ran {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Runs the built program to its end, with this environment and no other. */
export const muster = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  o: { readonly cwd?: string } = {},
): Promise<Ran> =>
  new Promise((done, failed) => {
    const startedMs = performance.now();
    const child = spawn(process.execPath, [entry(), ...args], {
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...o,
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', failed);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const seconds = (performance.now() - startedMs) / 1000;
      done({ exitCode: code ?? signal ?? 'no status', stdout, stderr, seconds });
    });
  });

export const PATH = process.env.PATH ?? '/usr/bin:/bin';

/** A process that has ended but that nobody has waited for is gone too. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return !existsSync('/proc/self/stat');
  }
};

/** Command lines of the processes that mention a text; empty where there is no /proc. */
export const processesNaming = (text: string): readonly string[] => {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return line !== '' && (line.includes(text) || environ.includes(text)) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
};
