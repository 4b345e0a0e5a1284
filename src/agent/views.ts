import type { Config } from '../config/config.ts';
import type { StepBook } from '../derive/step-book.ts';
import { monotonicMs } from '../engine/elapsed.ts';
import type { Enforcement, Snapshot } from '../engine/snapshot.ts';
import { renderMetrics } from '../metrics/render.ts';
import { verdictOf } from '../report/verdict.ts';
import type { VerdictReport } from '../report/verdict-report.ts';
import { oldestFactAt } from '../server/verdict-answer.ts';
import type { EventLog } from '../store/event-log.ts';
import type { Health } from './health.ts';
import type { LoopDelay } from './loop-delay.ts';
import { consumption, openDescriptors } from './self.ts';
import type { Validations } from './validations.ts';

/** The verdict of this moment, as `/api/v1/status` answers it. */
export const liveVerdict = (
  snapshot: Snapshot | undefined,
  {
    config,
    version,
    enforcement,
    now,
  }: {
    readonly config: Config;
    readonly version: string;
    readonly enforcement: Enforcement;
    readonly now: number;
  },
): VerdictReport | undefined =>
  snapshot === undefined
    ? undefined
    : verdictOf(snapshot, {
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
        enforcement,
        now,
      });

/** The metrics of this moment, the agent's own among them; nothing before the first judgement. */
export const metricsText = async (
  snapshot: Snapshot | undefined,
  o: {
    readonly config: Config;
    readonly version: string;
    readonly enforcement: Enforcement;
    readonly health: Health;
    readonly validations: Validations;
    readonly events: EventLog;
    readonly steps: StepBook;
    readonly loopDelay: LoopDelay;
    /** Unix ms. */
    readonly reloadedAt: number;
  },
): Promise<string> => {
  if (snapshot === undefined) return '';
  const { config, version, events } = o;
  const { shed, configRefused } = o.health.value();
  return renderMetrics(snapshot, {
    version,
    configReloadOk: configRefused === undefined,
    enforcementEnabled: o.enforcement.enabled,
    detail: config.metricsDetail,
    maxSeries: config.metricsMaxSeries,
    kernelLogTrust: config.kernelLogTrust,
    validations: o.validations.last(),
    agent: {
      ...consumption(monotonicMs),
      reloadedAt: o.reloadedAt,
      openDescriptors: openDescriptors(),
      loopDelaySeconds: o.loopDelay.worst(),
      events: events.status(),
      eventsTold: events.lastId(),
      shed: shed?.sources ?? [],
      steps: o.steps.counts(),
    },
  });
};
