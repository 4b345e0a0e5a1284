import { type Absent, absent, type Reading } from '../api.ts';
import { afterIo } from './deadline.ts';
import { deviceOf } from './device-path.ts';
import { stuckReads } from './stuck-reads.ts';

/** Bounds what reads that block can cost: time by the deadline, threads by the number of devices that hang. */
export interface Patient {
  attempt<T>(path: string, act: () => Promise<Reading<T>>): Promise<Reading<T>>;
}

// More do not make a sample of some hundred counters faster: the kernel serialises most of them.
const IN_FLIGHT = 2;
// One for the event store, which writes one thing at a time, and one for everything else.
const SPARE_THREADS = 2;
// A sysfs attribute answers within milliseconds, the slowest (a counter that the driver fetches from firmware) included.
const SLOW_MS = 100;

/**
 * libuv runs file operations on 4 threads, or as many as UV_THREADPOOL_SIZE says when the process starts
 * (docs.libuv.org/en/v1.x/threadpool.html). A read that is stuck in the kernel keeps its thread for good.
 */
export const threadPoolSize = (env: Readonly<Record<string, string | undefined>>): number => {
  const size = Number(env.UV_THREADPOOL_SIZE ?? '');
  return Number.isInteger(size) && size > 0 ? size : 4;
};

interface Waiting {
  readonly device: string;
  readonly start: () => void;
  readonly refuse: () => void;
}

/**
 * One place for the file operations of a process. A device that hangs costs one thread: nothing else of it is read until
 * that read returns. Other devices are read on, as long as a thread is left.
 */
export const createPatient = (
  deadlineMs: number,
  { threads = threadPoolSize(process.env) }: { readonly threads?: number } = {},
): Patient => {
  const mostStuck = Math.max(1, threads - SPARE_THREADS);
  /** Paths whose read does not return, by device. */
  const stuck = new Map<string, string>();
  const reading = new Set<string>();
  /** Devices whose read takes long: they keep its thread, but not the turn of the others until their deadline. */
  const slow = new Set<string>();
  let queue: Waiting[] = [];

  const advance = (): void => {
    if (stuck.size >= mostStuck) {
      const refused = queue;
      queue = [];
      for (const waiting of refused) waiting.refuse();
      return;
    }
    if (stuck.size > 0) {
      for (const waiting of queue.filter(({ device }) => stuck.has(device))) waiting.refuse();
      queue = queue.filter(({ device }) => !stuck.has(device));
    }
    while (reading.size < IN_FLIGHT && stuck.size + slow.size < mostStuck) {
      const next = queue.findIndex(({ device }) => !reading.has(device) && !slow.has(device));
      const [waiting] = next === -1 ? [] : queue.splice(next, 1);
      if (waiting === undefined) return;
      waiting.start();
    }
  };

  const refusal = (path: string, device: string): Absent => {
    const mine = stuck.get(device);
    if (mine === path) return absent('hung', `${path}: an earlier read of it has not returned`);
    const others = mine === undefined ? [...stuck.values()] : [mine];
    return absent(
      'hung',
      `${path}: not read while ${others.join(' and ')} ${others.length === 1 ? 'does' : 'do'} not return`,
    );
  };

  return {
    attempt: (path, act) =>
      new Promise((resolve) => {
        const device = deviceOf(path);
        const start = (): void => {
          reading.add(device);
          const cancelSlow = afterIo(SLOW_MS, () => {
            reading.delete(device);
            slow.add(device);
            advance();
          });
          const isOver = (): void => {
            cancelSlow();
            reading.delete(device);
            slow.delete(device);
          };
          const cancel = afterIo(deadlineMs, () => {
            isOver();
            stuck.set(device, path);
            stuckReads.add(path);
            resolve(absent('timeout', `${path}: no answer in ${deadlineMs / 1000} s`));
            advance();
          });
          const done = (answer: Awaited<ReturnType<typeof act>>): void => {
            cancel();
            isOver();
            stuck.delete(device);
            stuckReads.delete(path);
            resolve(answer);
            advance();
          };
          act().then(done, (error: unknown) => done(absent('failed', `${path}: ${String(error)}`)));
        };
        queue.push({ device, start, refuse: () => resolve(refusal(path, device)) });
        advance();
      }),
  };
};
