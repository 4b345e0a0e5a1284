import { type Absent, absent, type Reading } from '../api.ts';
import { afterIo } from './deadline.ts';

/** Bounds what reads that block can cost: time by the deadline, threads by the number in flight. */
export interface Patient {
  attempt<T>(path: string, act: () => Promise<Reading<T>>): Promise<Reading<T>>;
}

// libuv runs file operations on 4 threads (docs.libuv.org/en/v1.x/threadpool.html); a read that is stuck in the kernel
// keeps its thread for good, so at least half of them stay free for everything else.
const IN_FLIGHT = 2;

/** One place for the file operations of a process. What is stuck is not tried again until it returns. */
export const createPatient = (deadlineMs: number): Patient => {
  const stuck = new Set<string>();
  const queue: { readonly start: () => void; readonly refuse: () => void }[] = [];
  let inFlight = 0;

  const advance = (): void => {
    if (stuck.size >= IN_FLIGHT) for (const waiting of queue.splice(0)) waiting.refuse();
    else if (inFlight < IN_FLIGHT) queue.shift()?.start();
  };

  const refusal = (path: string): Absent =>
    stuck.has(path)
      ? absent('hung', `${path}: an earlier read of it has not returned`)
      : absent('hung', `${path}: not read while ${[...stuck].join(' and ')} do not return`);

  return {
    attempt: (path, act) =>
      new Promise((resolve) => {
        const start = (): void => {
          if (stuck.has(path)) {
            resolve(refusal(path));
            advance();
            return;
          }
          inFlight += 1;
          const cancel = afterIo(deadlineMs, () => {
            stuck.add(path);
            resolve(absent('timeout', `${path}: no answer in ${deadlineMs / 1000} s`));
            advance();
          });
          const done = (reading: Awaited<ReturnType<typeof act>>): void => {
            cancel();
            inFlight -= 1;
            stuck.delete(path);
            resolve(reading);
            advance();
          };
          act().then(done, (error: unknown) => done(absent('failed', `${path}: ${String(error)}`)));
        };
        queue.push({ start, refuse: () => resolve(refusal(path)) });
        advance();
      }),
  };
};
