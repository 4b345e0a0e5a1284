import { type AnyCollector, absent, type Host, type Reading } from '../api.ts';
import { monotonicMs } from './elapsed.ts';

export interface CollectorRun {
  readonly collected: Readonly<Record<string, Reading<unknown>>>;
  /** Unix ms of the start. */
  readonly at: number;
  readonly durationMs: number;
}

/** A host call answers by itself at its deadline; the guard is for collectors that do not pass theirs on. */
const GUARD_MS = 500;

/** A collector states how long each of its calls may take; what is left of its own time bounds them all. */
const within = (host: Host, deadlineMs: number): Host => {
  const endsAt = monotonicMs() + deadlineMs;
  return {
    ...host,
    run: (tool, args, o) => {
      const remainingMs = Math.max(1, endsAt - monotonicMs());
      return host.run(tool, args, { ...o, deadlineMs: Math.min(o.deadlineMs, remainingMs) });
    },
  };
};

/** Runs one collector. A throw or a collector that does not settle is an absence of everything it provides. */
export const runCollector = async (collector: AnyCollector, host: Host, deadlineMs: number): Promise<CollectorRun> => {
  const at = host.now();
  const startedMs = monotonicMs();
  const controller = new AbortController();
  const allAbsent = (reading: Reading<never>): Record<string, Reading<unknown>> =>
    Object.fromEntries(collector.provides.map((name: string) => [name, reading]));

  let timer: NodeJS.Timeout | undefined;
  const guard = new Promise<Record<string, Reading<unknown>>>((resolve) => {
    timer = setTimeout(() => {
      controller.abort();
      resolve(
        allAbsent(absent('hung', `${collector.id} did not answer within ${Number((deadlineMs / 1000).toFixed(1))} s`)),
      );
    }, deadlineMs + GUARD_MS);
  });
  const work = collector.collect(within(host, deadlineMs), controller.signal).then(
    (collected): Record<string, Reading<unknown>> => collected,
    (error: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      return allAbsent(absent('failed', `${collector.id} failed: ${words}; please report it`));
    },
  );
  const collected = await Promise.race([work, guard]);
  clearTimeout(timer);
  return { collected, at, durationMs: monotonicMs() - startedMs };
};
