import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyCollector } from '../api.ts';
import { monotonicMs } from './elapsed.ts';
import type { Engine } from './engine.ts';
import type { Scheduler } from './scheduler.ts';
import type { Snapshot } from './snapshot.ts';

/** The first judgement waits this long for slow sources: an nvidia-smi without persistence mode takes some seconds. */
const FIRST_ROUND_MS = 5000;
/** Readings go stale, events age and suppressions end while no source has anything new to say. */
const HEARTBEAT_SECONDS = 10;
/** So soon a source is asked again that did not answer and has its turn once in five minutes or an hour. */
const RETRY_SECONDS = 60;

export interface Daemon {
  /** Undefined until the first round is judged. */
  snapshot(): Snapshot | undefined;
  readonly firstSnapshot: Promise<Snapshot>;
  /** When a source last answered, or missed its deadline (monotonic ms): by it the watchdog sees that the agent works. */
  lastAnswerAt(): number;
  /** Judges what is known and hands the Snapshot on, once the first round is over. */
  publish(): void;
  /** Asks every source at once, whatever its schedule; resolves once each has answered or missed its deadline. */
  collectNow(): Promise<void>;
  /** Other intervals (seconds, by source) are in force, perhaps other sources too: those that are new are asked at once. */
  reschedule(intervals: Readonly<Record<string, number>>, collectors?: readonly AnyCollector[]): void;
  /** Sources that are not asked for now; what they fed goes stale. */
  shed(sources: ReadonlySet<string>): void;
  stop(): void;
}

/** The collector on the schedule that the site wants: its readings go stale by that one. */
const withInterval = (collector: AnyCollector, seconds: number | undefined): AnyCollector =>
  seconds === undefined || typeof collector.schedule !== 'object' || !('everySeconds' in collector.schedule)
    ? collector
    : { ...collector, schedule: { everySeconds: seconds } };

/** Asks every source on its schedule, judges after each answer and hands the Snapshot on. */
export const startDaemon = (o: {
  readonly engine: Engine;
  readonly collectors: readonly AnyCollector[];
  readonly scheduler: Scheduler;
  /** Seconds, where the site wants another interval than the collector's own. */
  readonly intervals: Readonly<Record<string, number>>;
  readonly onSnapshot: (snapshot: Snapshot) => void;
}): Daemon => {
  const { engine, scheduler } = o;
  let passive = o.collectors.filter(({ active }) => active !== true);
  let { intervals } = o;
  let latest: Snapshot | undefined;
  let isFirstRoundOver = false;
  let stopped = false;
  let answeredAt = monotonicMs();
  let notAsked: ReadonlySet<string> = new Set();

  let isJudged: (snapshot: Snapshot) => void = () => {};
  const firstSnapshot = new Promise<Snapshot>((resolve) => {
    isJudged = resolve;
  });

  const publish = (): void => {
    if (stopped || !isFirstRoundOver) return;
    latest = engine.assess({ context: 'continuous', lifetimes: 'observe' });
    o.onSnapshot(latest);
    isJudged(latest);
  };

  const askAndJudge = async (collector: AnyCollector): Promise<void> => {
    const isNew = await engine.collect(withInterval(collector, intervals[collector.id]), collector.deadlineMs);
    // A kernel log that said nothing new, as it does nearly every second, changes no judgement.
    answeredAt = monotonicMs();
    if (isNew) publish();
    retry(collector);
  };

  /** Until it has answered, what a slow source feeds is unknown: not for an hour because the driver was busy once. */
  const retry = (collector: AnyCollector): void => {
    const { id, schedule: when } = withInterval(collector, intervals[collector.id]);
    const again = `${id} again`;
    if (engine.answers(collector)) scheduler.cancel(again);
    else if (!stopped && typeof when === 'object' && 'everySeconds' in when && when.everySeconds > RETRY_SECONDS)
      scheduler.every(again, RETRY_SECONDS, () => ask(collector));
  };

  /** A source that has not answered yet is not asked once more. */
  const asking = new Map<string, Promise<void>>();
  const ask = (collector: AnyCollector): Promise<void> => {
    const { id } = collector;
    if (notAsked.has(id)) return Promise.resolve();
    const asked = asking.get(id) ?? askAndJudge(collector).finally(() => asking.delete(id));
    asking.set(id, asked);
    return asked;
  };

  const schedule = (collector: AnyCollector): void => {
    const { schedule: when } = withInterval(collector, intervals[collector.id]);
    if (stopped || when === 'once') return;
    if ('cron' in when) scheduler.cron(collector.id, when.cron, () => ask(collector));
    else scheduler.every(collector.id, when.everySeconds, () => ask(collector));
  };

  const isInFirstRound = ({ schedule: when }: AnyCollector): boolean => when === 'once' || 'everySeconds' in when;
  const expect = (collectors: readonly AnyCollector[]): void => {
    for (const collector of collectors) if (isInFirstRound(collector)) engine.expect(collector);
  };
  const begin = (collectors: readonly AnyCollector[]): Promise<unknown> =>
    Promise.all(
      collectors.map(async (collector) => {
        if (isInFirstRound(collector)) await ask(collector);
        // One source that hangs must not keep the others from their schedules.
        if (passive.includes(collector)) schedule(collector);
      }),
    );
  expect(passive);
  const waited = sleep(FIRST_ROUND_MS, undefined, { ref: false });
  const readers = passive.filter(({ afterOthers }) => afterOthers !== true);
  const rest = passive.filter(({ afterOthers }) => afterOthers === true);
  const begun = Promise.race([begin(readers), waited]).then(() => begin(rest));
  // Nor what they say from being seen. Before the round is over most facts are missing for no fault of the machine.
  void Promise.race([begun, waited]).then(() => {
    isFirstRoundOver = true;
    publish();
  });
  scheduler.every('heartbeat', HEARTBEAT_SECONDS, () => Promise.resolve(publish()));

  return {
    snapshot: () => latest,
    firstSnapshot,
    lastAnswerAt: () => answeredAt,
    publish,
    collectNow: async () => {
      await Promise.all(passive.filter(({ afterOthers }) => afterOthers !== true).map(ask));
      await Promise.all(passive.filter(({ afterOthers }) => afterOthers === true).map(ask));
      publish();
    },
    reschedule: (next, collectors = passive) => {
      intervals = next;
      const before = passive;
      passive = collectors.filter(({ active }) => active !== true);
      const isNamed = (some: readonly AnyCollector[], { id }: AnyCollector): boolean =>
        some.some((one) => one.id === id);
      for (const collector of before.filter((one) => !passive.includes(one))) {
        for (const id of [collector.id, `${collector.id} again`]) scheduler.cancel(id);
        collector.release?.();
        // Another of the same name takes its place: what is known stands until that one has answered.
        if (!isNamed(passive, collector)) engine.dismiss(collector);
      }
      for (const collector of passive) if (before.includes(collector)) schedule(collector);
      const added = passive.filter((one) => !before.includes(one));
      expect(added.filter((one) => !isNamed(before, one)));
      void begin(added);
    },
    shed: (sources) => {
      notAsked = sources;
      for (const { id, release } of passive) if (sources.has(id)) release?.();
    },
    stop: () => {
      stopped = true;
      scheduler.stop();
      for (const { release } of passive) release?.();
    },
  };
};
