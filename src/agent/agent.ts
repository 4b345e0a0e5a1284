import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AnyCheck, AnyCollector, Host, SitePlugins } from '../api.ts';
import type { Config } from '../config/config.ts';
import { createStepBook } from '../derive/step-book.ts';
import { startDaemon } from '../engine/daemon.ts';
import { monotonicMs } from '../engine/elapsed.ts';
import type { Engine } from '../engine/engine.ts';
import { createScheduler } from '../engine/scheduler.ts';
import type { Enforcement, Snapshot } from '../engine/snapshot.ts';
import type { Systemd } from '../integrations/systemd.ts';
import { createWatchdog } from '../integrations/watchdog.ts';
import { notEnforced } from '../report/verdict-words.ts';
import { CONTROL_SOCKET, type ControlHandlers, JOB_SOCKET } from '../server/control-protocol.ts';
import { startServer } from '../server/http.ts';
import { startControlSocket } from '../server/sockets/control-socket.ts';
import { startJobSocket } from '../server/sockets/job-socket.ts';
import type { WebSecurity } from '../server/web/web-config.ts';
import { openEventLog } from '../store/event-log.ts';
import { createStateFile } from '../store/state-file.ts';
import { baselinesFile, createBaselineKeeper } from './baselines-file.ts';
import { controlHandlers, type Injection } from './control.ts';
import { createHealth } from './health.ts';
import { createJournal } from './journal.ts';
import { createKeeper } from './keeper.ts';
import { watchLoopDelay } from './loop-delay.ts';
import { memoryFile } from './memory.ts';
import { recallPastFindings } from './past-findings.ts';
import { recall } from './recall.ts';
import { createRecorder } from './recorder.ts';
import { createReload, type Reloaded, type Reread } from './reload.ts';
import { consumption, memoryLimit } from './self.ts';
import { createShedding } from './shedding.ts';
import { lateHandlers } from './starting.ts';
import { createStragglerWatch } from './straggler-watch.ts';
import { createTeller } from './telling.ts';
import { createValidations } from './validations.ts';
import { liveVerdict, metricsText } from './views.ts';

/** An agent whom no source has answered for this long is dead: the kernel log is read every second. */
const ANSWER_LIMIT_MS = 60_000;
/** What the engine knows is kept when something happens, and so often otherwise: counters rise without an event. */
const KEEP_SECONDS = 60;
const GUARD_SECONDS = 10;
/** As often as the stragglers of a job are looked for; the list is built anew for it. */
const STEPS_SECONDS = 5;
/** What is older than some weeks is forgotten by the hour. */
const PAST_SECONDS = 3600;
/** Four times what DESIGN §10 allows the agent, where neither the control group nor the site says anything. */
const MEMORY_BYTES = 400e6;
/** What a slot usually does changes over days: ten minutes of it are soon learned anew. */
const BASELINES_SECONDS = 600;
/** The watchdog itself decides whether a ping is due: a third of its period after the last. */
const BEATS_A_PERIOD = 6;

export interface AgentParts {
  readonly config: Config;
  readonly checks: readonly AnyCheck[];
  readonly collectors: readonly AnyCollector[];
  readonly plugins: SitePlugins;
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
  /** Whether verdicts are acted on at this moment. */
  readonly enforcement: () => Enforcement;
  readonly log: Logger;
  readonly version: string;
  /** Reads the configuration again; throws a coded error where it cannot be used. */
  readonly reread: () => Promise<Reread>;
}

export interface RunningAgent {
  /** Where it serves: `http://127.0.0.1:9780`. */
  readonly url: string;
  /** Reads the configuration again; a bad one is refused and the old one stays. Never throws. */
  reload(): Promise<Reloaded>;
  /** True where everything reached the disk; where it did not, a write may still hold a thread. */
  stop(): Promise<boolean>;
}

/** The long-lived process: asks, judges, remembers, tells. */
export const startAgent = async (o: AgentParts): Promise<RunningAgent> => {
  const { engine, log, version, systemd, host } = o;
  let { config } = o;
  const say = (line: string): void => log.warn(line);
  const closers: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closers.splice(0).map((closeOne) => closeOne()));
  };

  const start = async (): Promise<RunningAgent> => {
    // First of all: another agent of this runtime directory must not be disturbed by what follows.
    let handlers: ControlHandlers | undefined;
    const control = await startControlSocket({
      path: join(o.runtimeDir, CONTROL_SOCKET),
      log: say,
      handlers: lateHandlers(() => handlers),
      ...(o.controlGid === undefined ? {} : { gid: o.controlGid }),
    });
    closers.push(control.close);

    const events = await openEventLog({ directory: join(o.stateDir, 'events'), ...config.events });
    const stateFile = createStateFile({ file: memoryFile(o.stateDir) });
    const { resumeKernelLog, node } = o;
    let { checks } = o;
    const recalled = await recall({ engine, events, stateFile, checks, bootId: node.bootId, resumeKernelLog });

    const recorder = createRecorder({ node: () => node, now: host.now, monotonicMs, told: recalled.told });
    const health = createHealth();
    const keeper = createKeeper({ engine, events, stateFile });
    const journal = createJournal(log);
    const teller = createTeller({ engine, events, stateFile, journal, recorder, health, keeper, now: host.now });
    const { tell } = teller;
    const steps = createStepBook();
    const validations = createValidations();
    const loopDelay = watchLoopDelay(monotonicMs);
    closers.push(loopDelay.stop);
    if (recalled.lost !== undefined) {
      const line = `what an earlier agent knew cannot be used (kept as state.json.bad), this one begins anew: ${recalled.lost}`;
      tell(recorder.event('memory_lost', line, { severity: 'WARNING', reason: recalled.lost }));
    }

    const past = await recallPastFindings({ events, now: host.now });
    const offerPast = (): void => {
      const findings = past.value();
      if (findings !== undefined) engine.offer('pastFindings', findings);
    };
    offerPast();

    let saidStatus = '';
    let known: Snapshot | undefined;
    const onSnapshot = (snapshot: Snapshot): void => {
      known = snapshot;
      teller.tellOf(snapshot);
      past.note(snapshot.changes);
      if (snapshot.changes.length > 0) offerPast();
      const line = statusLine(snapshot);
      if (line !== saidStatus) void systemd.status(line);
      saidStatus = line;
    };
    engine.offer('agent', health.value());
    engine.offer('plugins', o.plugins);
    const scheduler = createScheduler({
      node: config.nodeName,
      onError: (id, error) => log.error({ task: id, err: error }, 'a scheduled task failed; please report it'),
    });
    const stragglerWatch = createStragglerWatch({
      host,
      facts: () => known?.facts ?? {},
      steps: steps.value,
      mappingDirectory: () => config.jobMappingDirectory,
      monotonicMs,
    });
    const isWatching = config.stragglers && config.gpus === 'expected';
    const baselines = createBaselineKeeper({
      baselines: stragglerWatch.baselines,
      stateFile: createStateFile({ file: baselinesFile(o.stateDir) }),
    });
    if (isWatching) {
      const lost = await baselines.recall();
      if (lost !== undefined) log.warn(lost);
    }
    const withWatch = (some: readonly AnyCollector[]) => (isWatching ? [...some, stragglerWatch] : some);
    let collectors = withWatch(o.collectors);
    const daemon = startDaemon({ engine, collectors, scheduler, intervals: config.intervals, onSnapshot });
    closers.push(daemon.stop);

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

    const job = await startJobSocket({ path: join(o.runtimeDir, JOB_SOCKET), log: say, now: host.now, steps });
    closers.push(job.close);
    const server = await startServer({
      listen: config.webListen,
      version,
      snapshot: () => daemon.snapshot(),
      verdict: () => liveVerdict(daemon.snapshot(), { config, version, enforcement: o.enforcement(), now: host.now() }),
      events: (query) => events.query(query),
      metrics: () =>
        metricsText(daemon.snapshot(), {
          config,
          version,
          enforcement: o.enforcement(),
          health,
          validations,
          events,
          steps,
          loopDelay,
          reloadedAt,
        }),
      healthy: () => monotonicMs() - daemon.lastAnswerAt() < ANSWER_LIMIT_MS,
      log: say,
      ...(o.web === undefined ? {} : { web: o.web }),
    });
    closers.push(server.close);
    for (const warning of server.warnings) log.warn(warning);

    let reloadedAt = host.now();
    const reread = createReload({
      current: () => config,
      reread: o.reread,
      reloadWeb: server.reload,
      engine,
      apply: (next) => {
        ({ config, checks } = next);
        collectors = withWatch(next.collectors);
        engine.offer('plugins', next.plugins);
        daemon.reschedule(config.intervals, collectors);
        scheduleValidation();
        log.level = config.logLevel;
        reloadedAt = host.now();
      },
      health,
      recorder,
      teller,
    });
    const reload = async (): Promise<Reloaded> => {
      await systemd.reloading();
      const reloaded = await reread();
      daemon.publish();
      await systemd.ready(statusLine(daemon.snapshot()));
      return reloaded;
    };

    const shed = createShedding({
      collectors: () => collectors,
      engine,
      daemon,
      health,
      recorder,
      teller,
      limits: () => ({
        memoryBytes: config.guard.memoryBytes ?? memoryLimit() ?? MEMORY_BYTES,
        cpuRatio: config.guard.cpuRatio,
      }),
      consumption: () => consumption(monotonicMs),
    });
    let saidEnforcement = '';
    const tellEnforcement = (): void => {
      const state = o.enforcement();
      const words = notEnforced({ enforcement: state }) ?? '';
      if (words !== saidEnforcement) log.warn(words === '' ? 'verdicts are acted on again' : words);
      saidEnforcement = words;
    };
    tellEnforcement();
    scheduler.every('enforcement', GUARD_SECONDS, async () => tellEnforcement());
    scheduler.every('guard', GUARD_SECONDS, async () => shed());
    scheduler.every('steps', STEPS_SECONDS, async () => engine.offer('stepTimes', steps.value()));
    scheduler.every('past-findings', PAST_SECONDS, async () => offerPast());
    scheduler.every('keep', KEEP_SECONDS, async () => keeper.wake());
    scheduler.every('baselines', BASELINES_SECONDS, async () => baselines.keep());

    handlers = controlHandlers({
      engine,
      daemon,
      recorder,
      tell,
      keep: keeper.keep,
      reload,
      injection: o.injection,
      checkIds: () => checks.map(({ id }) => id),
      now: host.now,
    });
    tell(recorder.event('agent_started', `muster ${version} started`, { evidence: { pid: process.pid } }));
    keeper.wake();

    const watchdog = systemd.watchdogPeriodMs;
    if (watchdog.ok) {
      const { ping } = systemd;
      const dog = createWatchdog({ periodMs: watchdog.value, turned: daemon.lastAnswerAt, ping, now: monotonicMs });
      scheduler.every('watchdog', watchdog.value / 1000 / BEATS_A_PERIOD, async () => dog.beat());
    }
    void daemon.firstSnapshot.then((snapshot) => systemd.ready(statusLine(snapshot)));

    return {
      url: server.url,
      reload,
      stop: async () => {
        void systemd.stopping();
        tell(recorder.event('agent_stopped', `muster ${version} stopped`));
        baselines.keep();
        const [areBaselinesKept, isKept] = await Promise.all([baselines.flushed(), keeper.keep(), close()]);
        return areBaselinesKept && isKept;
      },
    };
  };

  return start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
};

const statusLine = (snapshot: Snapshot | undefined): string =>
  snapshot === undefined ? 'nothing is judged yet' : `${snapshot.overall}, ${snapshot.checks.length} checks`;
