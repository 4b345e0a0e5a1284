import { setTimeout as sleep } from 'node:timers/promises';
import { type Absent, absent, type Component, type GpuSample, type Host } from '../api.ts';
import { type QueryColumns, readQueryHeader, readQueryLine } from '../parse/nvidia-smi/query.ts';
import { refusedField } from '../parse/nvidia-smi/refused-field.ts';
import { ALL_COLUMNS, withoutColumn } from './gpu-columns.ts';

/** DESIGN §7: the shortest interval; a driver answers the query of 8 GPUs in some 50 ms. */
const EVERY_SECONDS = 5;
/** As long as `nvidia-smi -q -x` is given: without persistence mode the driver initialises every GPU first. */
const STALL_MS = 25_000;
/** Between two starts; a tool that fails at once must not become a load. */
const BACKOFF = { firstMs: 5_000, mostMs: 300_000 } as const;
/** One that ran for so long did not fail at once. */
const STEADY_MS = 60_000;

export interface FollowedSample {
  readonly ref: Component;
  readonly sample: GpuSample;
}

/** One `nvidia-smi` that is asked once and answers every five seconds. */
export interface SampleFollower {
  /** Starts it where it does not run; it is started again when it ends. */
  start(): void;
  /** Ends it. It may be started again. */
  stop(): void;
  /** Why no samples come; nothing while they do, or while the first is awaited. */
  trouble(): Absent | undefined;
}

export interface FollowerOptions {
  readonly host: Pick<Host, 'follow' | 'now'>;
  readonly onSample: (one: FollowedSample) => void;
  readonly monotonicMs: () => number;
  /** For tests. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

type Ending = { readonly refused: string } | { readonly because: Absent };

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);

export const createSampleFollower = (o: FollowerOptions): SampleFollower => {
  const { host, monotonicMs, pause = pauseFor } = o;
  let running: AbortController | undefined;
  let trouble: Absent | undefined;
  /** What this driver knows; it is learned once. */
  let columns = ALL_COLUMNS;

  /** Reads until the tool ends or the signal does; answers with why, nothing where it was told to. */
  const readOn = async (signal: AbortSignal): Promise<Ending | undefined> => {
    const args = [`--query-gpu=${columns.join(',')}`, '--format=csv', '-l', `${EVERY_SECONDS}`];
    let header: QueryColumns | undefined;
    for await (const line of host.follow('nvidia-smi', args, { stallMs: STALL_MS, signal })) {
      if (signal.aborted) return undefined;
      if (!line.ok) return { because: line };
      if (header === undefined) {
        const refused = refusedField(line.value);
        if (refused !== undefined) return { refused };
        const read = readQueryHeader(line.value);
        if (read.ok) header = read.value;
        else if (line.value.trim() !== '') trouble = { ...read, detail: `nvidia-smi --query-gpu: ${read.detail}` };
        continue;
      }
      const read = readQueryLine(header, line.value);
      if (!read.ok) {
        trouble = { ...read, detail: `nvidia-smi --query-gpu: ${read.detail}` };
        continue;
      }
      trouble = undefined;
      // A line comes when it is printed. The printed time is local, and ambiguous for an hour every autumn.
      o.onSample({ ref: read.value.ref, sample: { ...read.value.sample, at: host.now() } });
    }
    return signal.aborted ? undefined : { because: absent('failed', 'nvidia-smi --query-gpu: ended') };
  };

  const keepReading = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = monotonicMs();
      const ending = await readOn(signal);
      if (ending === undefined) return;
      if ('refused' in ending) {
        const fewer = withoutColumn(columns, ending.refused);
        if (fewer !== undefined) {
          columns = fewer;
          continue;
        }
        trouble = absent('unsupported', `nvidia-smi --query-gpu: this driver does not know ${ending.refused}`);
      } else trouble = ending.because;
      failures = monotonicMs() - startedMs >= STEADY_MS ? 1 : failures + 1;
      await pause(Math.min(BACKOFF.mostMs, BACKOFF.firstMs * 2 ** (failures - 1)), signal);
    }
  };

  return {
    start: () => {
      if (running !== undefined) return;
      const controller = new AbortController();
      running = controller;
      trouble = undefined;
      void keepReading(controller.signal)
        .catch((error: unknown) => {
          trouble = absent(
            'failed',
            `nvidia-smi --query-gpu: ${error instanceof Error ? error.message : String(error)}; please report it`,
          );
        })
        .finally(() => {
          if (running === controller) running = undefined;
        });
    },
    stop: () => {
      running?.abort();
      running = undefined;
      trouble = undefined;
    },
    trouble: () => trouble,
  };
};
