import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyCollector } from '../api.ts';
import type { Engine } from './engine.ts';
import type { Scheduler } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';

/** The first judgement waits this long for slow sources: an nvidia-smi without persistence mode takes some seconds. */
const FIRST_ROUND_MS = 5000;

export interface Daemon {
  /** Undefined until the first round is judged. */
  snapshot(): Snapshot | undefined;
  stop(): void;
}

/** Asks every source on its schedule, judges after each answer and hands the Snapshot on. */
export const startDaemon = (o: {
  readonly engine: Engine;
  readonly collectors: readonly AnyCollector[];
  readonly scheduler: Scheduler;
  /** Seconds, where the site wants another interval than the collector's own. */
  readonly intervals: Readonly<Record<string, number>>;
  readonly onSnapshot: (snapshot: Snapshot) => void;
}): Daemon => {
  const { engine, collectors, scheduler } = o;
  let latest: Snapshot | undefined;
  let stopped = false;

  const publish = (): void => {
    if (stopped) return;
    latest = engine.assess({ context: 'continuous', lifetimes: true });
    o.onSnapshot(latest);
  };

  const ask = async (collector: AnyCollector): Promise<void> => {
    const isNew = await engine.collect(collector, collector.deadlineMs);
    // Before the first round is over, most facts are missing for no fault of the machine; a kernel log that said nothing
    // new, as it does nearly every second, changes no judgement.
    if (latest !== undefined && isNew) publish();
  };

  const schedule = (collector: AnyCollector): void => {
    if (collector.schedule === 'once') return;
    if ('cron' in collector.schedule) scheduler.cron(collector.id, collector.schedule.cron, () => ask(collector));
    else
      scheduler.every(collector.id, o.intervals[collector.id] ?? collector.schedule.everySeconds, () => ask(collector));
  };

  const firstRound = collectors.filter(
    ({ active, schedule }) => active !== true && (schedule === 'once' || 'everySeconds' in schedule),
  );
  for (const collector of firstRound) engine.expect(collector);
  const begun = Promise.all(firstRound.map(ask));
  // One source that hangs must not keep what the others say from being seen.
  void Promise.race([begun, sleep(FIRST_ROUND_MS, undefined, { ref: false })]).then(publish);
  void begun.then(() => {
    if (stopped) return;
    for (const collector of collectors) schedule(collector);
  });

  return {
    snapshot: () => latest,
    stop: () => {
      stopped = true;
      scheduler.stop();
    },
  };
};
