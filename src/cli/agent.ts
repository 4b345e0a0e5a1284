import pino from 'pino';
import { checks } from '../../checks/index.ts';
import { loadConfig } from '../config/load.ts';
import { withMachine } from '../config/machine.ts';
import { startDaemon } from '../engine/daemon.ts';
import { monotonicMs } from '../engine/elapsed.ts';
import { createScheduler } from '../engine/scheduler.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { renderMetrics } from '../metrics/render.ts';
import { verdictOf } from '../report/verdict.ts';
import { startServer } from '../server/http.ts';
import { oldestFactAt, saveSnapshot } from '../store/last-snapshot.ts';
import { engineFor, openMachine } from './machine.ts';
import type { MachineOptions } from './machine-options.ts';
import { VERSION } from './version.ts';

export interface AgentOptions extends MachineOptions {
  readonly 'web.listen'?: string;
  readonly machine?: string;
}

/** How often the judgements are left for `validate --max-age`; sooner when the verdict changes. */
const SAVE_EVERY_MS = 5000;
/** A scheduler that has not turned for this long is dead: the kernel log is read every second. */
const TURN_LIMIT_MS = 60_000;
/** systemd and Kubernetes kill what does not stop; the budget of a clean stop is 2 s. */
const STOP_LIMIT_MS = 1500;

interface Validation {
  readonly level: 'quick' | 'prejob';
  readonly verdict: Snapshot['overall'];
  readonly endedAt: number;
  readonly durationSeconds: number;
}

/** Runs until SIGTERM or SIGINT. */
export const agent = async (options: AgentOptions): Promise<number> => {
  const fileConfig = await loadConfig({
    env: process.env,
    checks,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const config = {
    ...withMachine(fileConfig, options.machine),
    ...(options['web.listen'] === undefined ? {} : { webListen: options['web.listen'] }),
  };
  // Synchronous writes: no line is lost in a crash, and no worker thread to lose either.
  const log = pino(
    { level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );

  const machine = await openMachine(config, options);
  if (options.mock !== undefined) {
    process.stderr.write(`\n  SIMULATED MACHINE: ${options.mock}. No hardware is being checked.\n\n`);
  }
  const engine = engineFor(machine, config, checks);
  const scheduler = createScheduler({
    node: config.nodeName,
    now: () => Date.now(),
    onError: (id, error) => log.error({ source: id, err: error }, 'a scheduled task failed; please report it'),
  });

  const validations = new Map<string, Validation>();
  let savedAt = 0;
  let savedOverall: string | undefined;
  const onSnapshot = (snapshot: Snapshot): void => {
    logChanges(log, snapshot);
    if (Date.now() - savedAt < SAVE_EVERY_MS && snapshot.overall === savedOverall) return;
    savedAt = Date.now();
    savedOverall = snapshot.overall;
    saveSnapshot(machine.runtimeDir, engine.assess({ context: 'prejob', lifetimes: false }));
  };

  const daemon = startDaemon({
    engine,
    collectors: machine.collectors,
    scheduler,
    intervals: config.intervals,
    onSnapshot,
  });
  const { schedule, level } = config.validation;
  if (schedule !== undefined) {
    scheduler.cron('validation', schedule, async () => {
      const startedMs = monotonicMs();
      const { overall } = engine.assess({ context: 'prejob', lifetimes: false });
      validations.set(level, {
        level,
        verdict: overall,
        endedAt: Date.now(),
        durationSeconds: (monotonicMs() - startedMs) / 1000,
      });
      log.info({ level, overall }, 'scheduled validation');
    });
  }

  const startedAt = Date.now();
  const verdict = () => {
    const snapshot = daemon.snapshot();
    if (snapshot === undefined) return undefined;
    const now = Date.now();
    return verdictOf(snapshot, {
      level: 'quick',
      source: 'daemon',
      version: VERSION,
      startedAt: snapshot.at,
      durationSeconds: 0,
      ageSeconds: Math.max(0, (now - oldestFactAt(snapshot)) / 1000),
      failOn: 'critical',
      unknown: 'fail',
      expectGpus: config.gpus === 'expected',
      mayHaveNothing: config.gpus === 'none',
      now,
    });
  };
  const server = await startServer({
    listen: config.webListen,
    version: VERSION,
    snapshot: () => daemon.snapshot(),
    verdict,
    metrics: async () => {
      const snapshot = daemon.snapshot();
      if (snapshot === undefined) return '';
      return renderMetrics(snapshot, {
        version: VERSION,
        configReloadOk: true,
        detail: config.metricsDetail,
        maxSeries: config.metricsMaxSeries,
        kernelLogTrust: config.kernelLogTrust,
        validations: [...validations.values()],
      });
    },
    healthy: () => Date.now() - Math.max(startedAt, scheduler.lastTurnAt()) < TURN_LIMIT_MS,
    log: (line) => log.warn(line),
  }).catch(async (error: unknown) => {
    daemon.stop();
    await machine.close();
    throw error;
  });
  log.info(
    { address: server.address, node: config.nodeName, mock: options.mock ?? false },
    `serving on http://${server.address}`,
  );

  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'stopping');
  // A tool in D state must not keep us: what has not ended by then is left to the supervisor.
  const giveUp = setTimeout(() => process.exit(0), STOP_LIMIT_MS);
  daemon.stop();
  await server.close();
  await machine.close();
  clearTimeout(giveUp);
  // Leaving kills the tools that still run; to return would be to wait for their deadlines.
  process.exit(0);
};

const said = new Map<string, string>();

/** One line for every check whose severity changed: the journal is the history that a person reads first. */
const logChanges = (log: pino.Logger, { checks: results, sources }: Snapshot): void => {
  for (const { id, severity, findings, reason } of results) {
    const previous = said.get(id);
    if (previous === severity) continue;
    said.set(id, severity);
    const isQuiet = severity === 'PASS' || severity === 'SKIPPED' || severity === 'INFO';
    if (previous === undefined && isQuiet) continue;
    const line = { check: id, severity, ...(previous === undefined ? {} : { previous }) };
    const why = findings[0]?.message ?? reason ?? 'as it should be';
    if (severity === 'CRITICAL') log.error(line, why);
    else if (isQuiet) log.info(line, why);
    else log.warn(line, why);
  }
  for (const { source, up, detail } of sources) {
    const state = up ? 'up' : 'down';
    const previous = said.get(`source ${source}`);
    if (previous === state || (previous === undefined && up)) continue;
    said.set(`source ${source}`, state);
    if (up) log.info({ source }, 'the source answers again');
    else log.warn({ source }, detail ?? 'the source does not answer');
  }
};
