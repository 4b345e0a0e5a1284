import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyCheck, AnyCollector, Context, FactName } from '../api.ts';
import { monotonicMs } from './elapsed.ts';
import type { Engine } from './engine.ts';
import type { Snapshot } from './snapshot.ts';

/** Rates without a daemon or a baseline come from two samples this far apart. */
export const SAMPLE_DISTANCE_MS = 5000;

/** What looks at the facts starts processes of its own, and a job may be at work here. */
const AT_ONCE = 4;

export interface OneShot {
  readonly engine: Engine;
  readonly collectors: readonly AnyCollector[];
  readonly checks: readonly AnyCheck[];
  readonly context: Context;
  readonly timeoutMs: number;
  /** Moves to the next sample and tells whether there is one: a pause on a machine, a step in a recording. */
  readonly next?: (remainingMs: number) => Promise<boolean>;
}

/** Facts that every verdict needs: who is there. */
const IDENTITY: readonly FactName[] = ['gpus', 'pciGpus', 'system'];

/** Only sources that some check looks at are asked. */
export const neededCollectors = (collectors: readonly AnyCollector[], checks: readonly AnyCheck[]): AnyCollector[] => {
  const needed = new Set<FactName>(IDENTITY);
  for (const check of checks)
    for (const name of [...check.requires, ...(check.uses ?? [])] as FactName[]) needed.add(name);
  return collectors.filter(
    ({ provides, active }) => active !== true && provides.some((name: FactName) => needed.has(name)),
  );
};

/** Asks every needed source, once or as often as there are samples, and judges the present state. */
export const runOneShot = async (o: OneShot): Promise<Snapshot> => {
  const endsAt = monotonicMs() + o.timeoutMs;
  const remaining = (): number => Math.max(0, endsAt - monotonicMs());
  const needed = neededCollectors(
    o.collectors,
    o.checks.filter(({ contexts }) => contexts.includes(o.context)),
  );
  const readers = needed.filter(({ afterOthers }) => afterOthers !== true);
  const collect = (collectors: readonly AnyCollector[]): Promise<unknown> =>
    Promise.all(
      collectors
        .filter((collector) => !o.engine.hangs(collector))
        .map((collector) => o.engine.collect(collector, Math.min(collector.deadlineMs, remaining()))),
    );

  await collect(readers);
  while (o.next !== undefined && (await o.next(remaining()))) await collect(readers);
  const waiting = needed.filter(({ afterOthers }) => afterOthers === true);
  const askInTurn = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await collect([next]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askInTurn));
  // No answer is older than this run: beside a slow nvidia-smi, a source with a period of a second is not stale.
  return o.engine.assess({ context: o.context, lifetimes: 'ignore', keepStale: true });
};

/** For a live machine: one pause, when the time allows two samples. */
export const pauseOnce = (): ((remainingMs: number) => Promise<boolean>) => {
  let paused = false;
  return async (remainingMs) => {
    if (paused || remainingMs < 2 * SAMPLE_DISTANCE_MS) return false;
    paused = true;
    await sleep(SAMPLE_DISTANCE_MS);
    return true;
  };
};
