import { setTimeout as sleep } from 'node:timers/promises';

/** Work that was not taken on, because too much waits already. */
export const QUEUE_FULL = 'queue full';

/**
 * Runs costly work one piece at a time, with a rest as long as the piece took: whoever floods it gets at most half of
 * the thread, and the node is judged in the other half.
 */
export const oneAtATime = (limit: number): (<T>(work: () => Promise<T>) => Promise<T> | typeof QUEUE_FULL) => {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    if (waiting >= limit) return QUEUE_FULL;
    waiting += 1;
    let startedMs = 0;
    const done = last.then(() => {
      startedMs = performance.now();
      return work();
    });
    last = done
      .catch(() => undefined)
      .then(() => {
        waiting -= 1;
        return sleep(performance.now() - startedMs, undefined, { ref: false });
      });
    return done;
  };
};
