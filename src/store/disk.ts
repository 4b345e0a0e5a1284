import { type Absent, absent, known, type Reading } from '../api.ts';
import { afterIo } from '../host/deadline.ts';

/** The way to a disk that may fail, fill up, or never answer. */
export interface Disk {
  /**
   * Runs one piece of work after the other. What has not returned by the deadline is answered as `timeout` and goes
   * on; until it returns, everything else is refused as `hung`.
   */
  attempt<T>(path: string, deadlineMs: number, act: () => Promise<T>): Promise<Reading<T>>;
}

/**
 * Longer than a healthy disk that is busy takes (ext4 commits its journal every 5 s, docs.kernel.org/admin-guide/ext4,
 * and a sync waits for that), and short enough for a finding in the first round after it.
 */
export const WRITE_DEADLINE_MS = 5000;

const DENIED = ['EACCES', 'EPERM', 'EROFS'];

/** What a failed operation says: `/var/lib/muster/events: ENOSPC: no space left on device`. */
export const failure = (path: string, error: unknown): Absent => {
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  if (code === undefined) return absent('failed', `${path}: ${message}`);
  // Node appends the operation and the path to the system's own words.
  return absent(DENIED.includes(code) ? 'denied' : 'failed', `${path}: ${message.split(',', 1)[0]}`);
};

/** One operation at a time: libuv has 4 threads, host/patient.ts may lose 2 of them, and this at most one. */
export const createDisk = (): Disk => {
  const queue: { readonly start: () => void; readonly refuse: () => void }[] = [];
  let busyWith: string | undefined;
  let isStuck = false;

  const advance = (): void => {
    if (isStuck) for (const waiting of queue.splice(0)) waiting.refuse();
    else if (busyWith === undefined) queue.shift()?.start();
  };

  return {
    attempt: <T>(path: string, deadlineMs: number, act: () => Promise<T>) =>
      new Promise<Reading<T>>((resolve) => {
        const start = (): void => {
          busyWith = path;
          const cancel = afterIo(deadlineMs, () => {
            isStuck = true;
            resolve(absent('timeout', `${path}: the disk has not answered for ${deadlineMs / 1000} s`));
            advance();
          });
          const done = (reading: Reading<T>): void => {
            cancel();
            busyWith = undefined;
            isStuck = false;
            resolve(reading);
            advance();
          };
          act().then(
            (value) => done(known(value)),
            (error: unknown) => done(failure(path, error)),
          );
        };
        const refuse = (): void =>
          resolve(absent('hung', `${path}: not tried while an operation on ${busyWith} does not return`));
        queue.push({ start, refuse });
        advance();
      }),
  };
};

/** The threads are the process's, so this is too. */
export const processDisk = createDisk();
