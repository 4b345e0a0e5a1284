import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AnyCheck, AnyCollector, Host } from '../api.ts';
import type { Config } from '../config/config.ts';
import { createStepBook } from '../derive/step-book.ts';
import { startDaemon } from '../engine/daemon.ts';
import { monotonicMs } from '../engine/elapsed.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventRecord, NewEvent } from '../engine/event.ts';
import { createScheduler } from '../engine/scheduler.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import type { Systemd } from '../integrations/systemd.ts';
import { createWatchdog } from '../integrations/watchdog.ts';
import { renderMetrics } from '../metrics/render.ts';
import { verdictOf } from '../report/verdict.ts';
import { type RunningServer, startServer } from '../server/http.ts';
import { startControlSocket } from '../server/sockets/control-socket.ts';
import { startJobSocket } from '../server/sockets/job-socket.ts';
import { oldestFactAt } from '../server/verdict-answer.ts';
import type { WebSecurity } from '../server/web/web-config.ts';
import { openEventLog } from '../store/event-log.ts';
import { createStateFile } from '../store/state-file.ts';
import { controlHandlers, type Injection, type Reloaded } from './control.ts';
import { createGuard } from './guard.ts';
import { createHealth } from './health.ts';
import { createJournal } from './journal.ts';
import { createKeeper } from './keeper.ts';
import { watchLoopDelay } from './loop-delay.ts';
import { fromFile, memoryFile, replayed } from './memory-file.ts';
import { createRecorder } from './recorder.ts';
import { consumption, memoryLimit, openDescriptors } from './self.ts';
import { createValidations } from './validations.ts';

/** An agent whom no source has answered for this long is dead: the kernel log is read every second. */
const TURN_LIMIT_MS = 60_000;
/** What the engine knows is kept when something happens, and so often otherwise: counters rise without an event. */
const KEEP_SECONDS = 60;
const GUARD_SECONDS = 10;
/** As often as the stragglers of a job are looked for; the list is built anew for it. */
const STEPS_SECONDS = 5;
/** Four times what DESIGN §10 allows the agent, where neither the control group nor the site says anything. */
const MEMORY_BYTES = 400e6;
/** Events of this boot that are looked through for what was told already. */
const TOLD_EVENTS = 1000;

export interface AgentParts {
  readonly config: Config;
  readonly checks: readonly AnyCheck[];
  readonly collectors: readonly AnyCollector[];
  readonly host: Host;
  readonly engine: Engine;
  readonly node: Snapshot['node'];
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** Goes on after this record of the kernel log, before it is read for the first time. */
  readonly resumeKernelLog: (sequence: number) => void;
  readonly injection: Injection | undefined;
  readonly web: WebSecurity | undefined;
  readonly controlGid: number | undefined;
  readonly systemd: Systemd;
  readonly log: Logger;
  readonly version: string;
  /** Reads the configuration again and puts it into the engine; throws a coded error where it cannot be used. */
  readonly reconfigure: () => Promise<{ readonly config: Config; readonly web: WebSecurity | undefined }>;
}

export interface RunningAgent {
  /** Where it serves: `http://127.0.0.1:9780`. */
  readonly url: string;
  /** Reads the configuration again; a bad one is refused and the old one stays. Never throws. */
  reload(): Promise<Reloaded>;
  stop(): Promise<void>;
}

/** The long-lived process: asks, judges, remembers, tells. */
export const startAgent = async (o: AgentParts): Promise<RunningAgent> => {
  const { engine, log, version, systemd, host } = o;
  let { config } = o;

  const events = await openEventLog({ directory: join(o.stateDir, 'events'), ...config.events });
  const stateFile = createStateFile({ file: memoryFile(o.stateDir) });
  const loaded = stateFile.load();
  const kept = loaded.ok ? fromFile(loaded.value) : loaded;
  const { bootId } = o.node;
  const recent = await events.query({ limit: TOLD_EVENTS });
  const told = recent.filter(({ boot_id }) => boot_id === bootId && bootId !== '');
  const since = kept.ok ? kept.value.lastEventId : 0;
  if (kept.ok) {
    const memory = kept.value.engine;
    const findings = replayed(
      memory.findings,
      recent.filter(({ id }) => id > since),
      o.checks,
    );
    engine.remember({ ...memory, findings });
    const { sequence } = memory.kernel;
    if (memory.bootId === bootId && sequence !== undefined) o.resumeKernelLog(sequence);
  }

  const recorder = createRecorder({ node: () => o.node, now: host.now, told });
  const journal = createJournal(log);
  const health = createHealth();
  const steps = createStepBook();
  const loopDelay = watchLoopDelay(monotonicMs);
  const validations = createValidations();
  let lastEventId = recent.at(-1)?.id ?? 0;
  let saidStatus = '';

  const tell = (event: NewEvent): EventRecord => {
    const record = events.append(event);
    lastEventId = record.id;
    journal.tell(record);
    return record;
  };
  const keeper = createKeeper({ engine, events, stateFile, lastEventId: () => lastEventId });

  const noteDurability = (): void => {
    const { durable, reason } = [events.status(), stateFile.status()].find((one) => !one.durable) ?? events.status();
    if (!health.notDurable(durable ? undefined : (reason ?? 'the disk does not answer'))) return;
    engine.offer('agent', health.value());
    if (durable) tell(recorder.event('events_durable', 'events reach the disk again'));
    else tell(recorder.event('events_not_durable', `events are in memory only: ${reason}`, { severity: 'WARNING' }));
  };

  const onSnapshot = (snapshot: Snapshot): void => {
    const before = lastEventId;
    const stepMs = engine.takeClockStep();
    if (stepMs !== 0) tell(recorder.event('clock_stepped', `the wall clock was set ${describeStep(stepMs)}`));
    for (const reset of engine.takeResets()) tell(recorder.reset(reset));
    for (const event of recorder.eventsOf(snapshot)) tell(event);
    journal.sources(snapshot.sources);
    noteDurability();
    const line = statusLine(snapshot);
    if (line !== saidStatus) void systemd.status(line);
    saidStatus = line;
    if (lastEventId !== before) keeper.wake();
  };

  engine.offer('agent', health.value());
  const scheduler = createScheduler({
    node: config.nodeName,
    onError: (id, error) => log.error({ task: id, err: error }, 'a scheduled task failed; please report it'),
  });
  const daemon = startDaemon({
    engine,
    collectors: o.collectors,
    scheduler,
    intervals: config.intervals,
    onSnapshot,
  });

  const scheduleValidation = (): void => {
    const { schedule, level } = config.validation;
    if (schedule === undefined) scheduler.cancel('validation');
    else
      scheduler.cron('validation', schedule, async () => {
        const { overall } = validations.run(level, () => engine.assess({ context: 'prejob', lifetimes: 'show' }));
        log.info({ level, overall }, 'scheduled validation');
      });
  };
  scheduleValidation();

  const sheddable = o.collectors.filter((collector) => collector.sheddable === true).map(({ id }) => id);
  const guardOf = ({ guard }: Config) =>
    createGuard({ memoryBytes: guard.memoryBytes ?? memoryLimit() ?? MEMORY_BYTES, cpuRatio: guard.cpuRatio });
  let guard = guardOf(config);
  scheduler.every('guard', GUARD_SECONDS, async () => {
    const reason = guard.consider(consumption(monotonicMs));
    if (!health.shed(sheddable, reason)) return;
    daemon.shed(new Set(reason === undefined ? [] : sheddable));
    engine.offer('agent', health.value());
    const what = sheddable.join(', ');
    if (reason === undefined) tell(recorder.event('sources_restored', `${what} are asked again`));
    else
      tell(recorder.event('sources_shed', `${what} are not asked for now: ${reason}`, { severity: 'WARNING', reason }));
    daemon.publish();
  });
  scheduler.every('steps', STEPS_SECONDS, async () => engine.offer('stepTimes', steps.value()));
  scheduler.every('keep', KEEP_SECONDS, async () => {
    keeper.wake();
  });

  let server: RunningServer | undefined;
  let reloadedAt = host.now();
  const reload = async (): Promise<Reloaded> => {
    await systemd.reloading();
    try {
      const next = await o.reconfigure();
      server?.reload(next.web);
      const restart = needsRestart(config, next.config);
      config = next.config;
      guard = guardOf(config);
      daemon.reschedule(config.intervals);
      scheduleValidation();
      log.level = config.logLevel;
      reloadedAt = host.now();
      health.configRefused(undefined);
      const rest = restart.length === 0 ? '' : `; ${restart.join(', ')} change at the next start`;
      const line = `the configuration was read again${rest}`;
      tell(recorder.event('config_reloaded', line));
      return { ok: true, line };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      health.configRefused(reason);
      const line = `the configuration is refused and the old one stays: ${reason}`;
      tell(recorder.event('config_refused', line, { severity: 'WARNING', reason }));
      return { ok: false, line };
    } finally {
      engine.offer('agent', health.value());
      daemon.publish();
      await systemd.ready(statusLine(daemon.snapshot()));
    }
  };

  const verdict = () => {
    const snapshot = daemon.snapshot();
    if (snapshot === undefined) return undefined;
    const now = host.now();
    return verdictOf(snapshot, {
      level: 'quick',
      source: 'daemon',
      version,
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

  const closers: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    daemon.stop();
    loopDelay.stop();
    await Promise.all(closers.map((close) => close()));
  };
  const opened = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    try {
      const running = await starting;
      closers.push(() => running.close());
      return running;
    } catch (error) {
      await stopAll();
      throw error;
    }
  };

  const say = (line: string): void => log.warn(line);
  // The socket comes first: another agent of this runtime directory is found out before anything else is taken.
  await opened(
    startControlSocket({
      path: join(o.runtimeDir, 'muster.sock'),
      log: say,
      ...(o.controlGid === undefined ? {} : { gid: o.controlGid }),
      handlers: controlHandlers({
        engine,
        daemon,
        recorder,
        tell,
        keep: () => keeper.keep(),
        reload,
        injection: o.injection,
        now: host.now,
      }),
    }),
  );
  await opened(
    startJobSocket({
      path: join(o.runtimeDir, 'muster-job.sock'),
      log: say,
      now: host.now,
      steps,
    }),
  );
  const serving = await opened(
    startServer({
      listen: config.webListen,
      version,
      snapshot: () => daemon.snapshot(),
      verdict,
      events: (query) => events.query(query),
      ...(o.web === undefined ? {} : { web: o.web }),
      metrics: async () => {
        const snapshot = daemon.snapshot();
        if (snapshot === undefined) return '';
        const { cpuSeconds, residentBytes } = consumption(monotonicMs);
        const { shed, configRefused } = health.value();
        return renderMetrics(snapshot, {
          version,
          configReloadOk: configRefused === undefined,
          detail: config.metricsDetail,
          maxSeries: config.metricsMaxSeries,
          kernelLogTrust: config.kernelLogTrust,
          validations: validations.last(),
          agent: {
            reloadedAt,
            cpuSeconds,
            residentBytes,
            openDescriptors: openDescriptors(),
            loopDelaySeconds: loopDelay.worst(),
            events: events.status(),
            eventsTold: lastEventId,
            shed: shed?.sources ?? [],
            steps: steps.counts(),
          },
        });
      },
      healthy: () => monotonicMs() - daemon.lastAnswerAt() < TURN_LIMIT_MS,
      log: say,
    }),
  );
  server = serving;
  for (const warning of serving.warnings) log.warn(warning);
  tell(recorder.event('agent_started', `muster ${version} started`, { evidence: { pid: process.pid } }));
  keeper.wake();

  const watchdog = systemd.watchdogPeriodMs;
  if (watchdog.ok) {
    const { beat } = createWatchdog({
      periodMs: watchdog.value,
      turned: daemon.lastAnswerAt,
      ping: systemd.ping,
      now: monotonicMs,
    });
    scheduler.every('watchdog', Math.max(1, watchdog.value / 6000), async () => beat());
  }
  void daemon.firstSnapshot.then((snapshot) => systemd.ready(statusLine(snapshot)));

  return {
    url: serving.url,
    reload,
    stop: async () => {
      void systemd.stopping();
      tell(recorder.event('agent_stopped', `muster ${version} stopped`));
      const keeping = keeper.keep();
      await stopAll();
      await keeping;
    },
  };
};

const describeStep = (ms: number): string => `${ms > 0 ? 'forward' : 'back'} by ${Math.abs(ms / 1000).toFixed(1)} s`;

const statusLine = (snapshot: Snapshot | undefined): string =>
  snapshot === undefined ? 'nothing is judged yet' : `${snapshot.overall}, ${snapshot.checks.length} checks`;

/** Settings that are taken up at the start only. */
const needsRestart = (before: Config, after: Config): readonly string[] =>
  (
    [
      ['node.name', before.nodeName, after.nodeName],
      ['web.listen', before.webListen, after.webListen],
      ['state_dir', before.stateDir, after.stateDir],
      ['runtime_dir', before.runtimeDir, after.runtimeDir],
      ['tools', JSON.stringify(before.tools), JSON.stringify(after.tools)],
      ['control.group', before.controlGroup, after.controlGroup],
      ['log.format', before.logFormat, after.logFormat],
      ['events', JSON.stringify(before.events), JSON.stringify(after.events)],
    ] as const
  )
    .filter(([, old, next]) => old !== next)
    .map(([name]) => name);
