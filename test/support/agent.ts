import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRecord } from '../../src/engine/event.ts';
import { type MockSession, startMock } from '../../src/mock/session.ts';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { entry, muster, PATH, type Ran } from './cli.ts';

/** A simulated machine that outlives the agents that look at it: they take it for a real one. */
export interface Bench {
  readonly machine: MockSession;
  /** What an agent or a verb needs to see the machine and to share state with others. */
  readonly env: Readonly<Record<string, string>>;
  readonly stateDir: string;
  readonly runtimeDir: string;
  close(): Promise<void>;
}

/** State and runtime directories are the bench's own, so that they outlive the agents too. */
export const openBench = async (
  spec: string,
  more: Readonly<Record<string, string>> = {},
  o: { readonly stepMs?: number } = {},
): Promise<Bench> => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-bench-'));
  const stateDir = join(dir, 'state');
  const runtimeDir = join(dir, 'run');
  const started = await startMock({
    ...o,
    spec,
    command: { file: process.execPath, args: [entry(), 'mock-owner'] },
    env: { PATH, MUSTER_STATE_DIR: stateDir, MUSTER_RUNTIME_DIR: runtimeDir },
  });
  if (!started.ok) throw new Error(started.error);
  const machine = started.value;
  return {
    machine,
    env: { ...machine.env, HOME: dir, TMPDIR: dir, MUSTER_NODE_NAME: 'bench', ...more },
    stateDir,
    runtimeDir,
    close: async () => {
      await machine.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

export interface RunningAgent {
  readonly url: string;
  readonly process: ChildProcess;
  log(): string;
  get(path: string): Promise<{ readonly status: number; readonly body: string }>;
  metrics(): Promise<string>;
  status(): Promise<VerdictReport>;
  events(query?: string): Promise<readonly EventRecord[]>;
  /** Sends the signal and answers how the agent ended. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

const START_LIMIT_MS = 20_000;

/** Starts `muster agent` on a free port and waits until it serves. `command` puts it into something else's hands. */
export const startAgent = async (
  env: Readonly<Record<string, string>>,
  o: { readonly args?: readonly string[]; readonly command?: readonly string[] } = {},
): Promise<RunningAgent> => {
  const own = [process.execPath, entry(), 'agent', '--web.listen', '127.0.0.1:0', ...(o.args ?? [])];
  const [file = process.execPath, ...args] = [...(o.command ?? []), ...own];
  const child = spawn(file, args, { env: { ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  for (let waited = 0; !log.includes('serving on http'); waited += 20) {
    if (child.exitCode !== null || child.signalCode !== null || waited > START_LIMIT_MS) {
      child.kill('SIGKILL');
      throw new Error(`the agent does not serve: ${log}`);
    }
    await sleep(20);
  }
  const url = /serving on (https?:\/\/[0-9.:]+)/.exec(log)?.[1] ?? '';
  const get = async (path: string): Promise<{ status: number; body: string }> => {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) });
    return { status: response.status, body: await response.text() };
  };
  return {
    url,
    process: child,
    log: () => log,
    get,
    metrics: async () => (await get('/metrics')).body,
    status: async () => JSON.parse((await get('/api/v1/status')).body) as VerdictReport,
    events: async (query = 'limit=1000') =>
      (JSON.parse((await get(`/api/v1/events?${query}`)).body) as { events: EventRecord[] }).events,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [code, killedBy] = await exited;
      return code ?? killedBy;
    },
  };
};

/** A verb beside the agent of a bench. */
export const onBench = ({ env }: Bench, args: readonly string[]): Promise<Ran> => muster(args, env);

/** The value of one series, by its name with labels as it stands in the text; nothing where it is absent. */
export const seriesValue = (metrics: string, series: string): number | undefined => {
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};
