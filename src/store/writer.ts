import type { Disk } from './disk.ts';

/** Keeps something on disk without ever making anybody wait for it. */
export interface Writer {
  /** There is something new to write. */
  wake(): void;
  /** True once everything up to now is on disk, false when the disk was given up. */
  flushed(): Promise<boolean>;
  /** Why the disk is given up, on one line; `undefined` while it works. */
  givenUp(): string | undefined;
}

const FIRST_RETRY_MS = 1000;
/** The interval at which most sources are read: a disk that is well again is used again within one round. */
const LAST_RETRY_MS = 15_000;

/**
 * Calls `write` whenever there is something new, one call at a time, and again after a while when it failed. `write`
 * must put everything that there is at its start on disk, and may be called when there is nothing.
 */
export const createWriter = (o: {
  readonly path: string;
  readonly deadlineMs: number;
  readonly disk: Disk;
  readonly write: () => Promise<void>;
}): Writer => {
  let asked = 0;
  let written = 0;
  let reason: string | undefined;
  let isRunning = false;
  let retryMs = FIRST_RETRY_MS;
  let retry: NodeJS.Timeout | undefined;
  let waiting: { readonly upTo: number; readonly answer: (isWritten: boolean) => void }[] = [];

  const answerWaiting = (): void => {
    const still = waiting.filter(({ upTo }) => upTo > written && reason === undefined);
    for (const { upTo, answer } of waiting.filter((one) => !still.includes(one))) answer(upTo <= written);
    waiting = still;
  };

  const run = async (): Promise<void> => {
    if (isRunning || retry !== undefined || written === asked) return;
    isRunning = true;
    // What comes in the same turn of the event loop shares one write.
    await undefined;
    const upTo = asked;
    const outcome = await o.disk.attempt(o.path, o.deadlineMs, o.write);
    isRunning = false;
    if (outcome.ok) {
      written = upTo;
      reason = undefined;
      retryMs = FIRST_RETRY_MS;
    } else {
      reason = outcome.detail;
      retry = setTimeout(() => {
        retry = undefined;
        void run();
      }, retryMs).unref();
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
    }
    answerWaiting();
    void run();
  };

  return {
    wake: () => {
      asked += 1;
      void run();
    },
    flushed: () =>
      new Promise((answer) => {
        waiting.push({ upTo: asked, answer });
        answerWaiting();
      }),
    givenUp: () => reason,
  };
};
