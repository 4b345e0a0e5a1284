import { closeSync, constants, fstatSync, open, openSync, read } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { absent, known, type Reading, type S } from '../api.ts';
import { fileAbsence } from './file-error.ts';
import { createPatient } from './patient.ts';
import { locate, type Roots } from './roots.ts';

export interface Files {
  /** The text as it is, final newline and all. */
  read(path: string): Promise<S>;
  /** Sorted. */
  list(path: string): Promise<Reading<readonly string[]>>;
}

export interface FilesOptions extends Roots {
  readonly maxBytes?: number;
  readonly deadlineMs?: number;
}

// sysfs attributes fit in a page (docs.kernel.org/filesystems/sysfs.html); the rest are tables such as /proc/mounts.
const FIRST_BYTES = 4096;
const MAX_BYTES = 1 << 20;
// A counter that the driver fetches from firmware takes milliseconds; seconds mean that the device does not answer.
const DEADLINE_MS = 2000;

// Opening an attribute of a kernel filesystem runs no driver code, so it cannot block as reading can; doing it at once
// instead of on a thread halves what a sample of some hundred counters costs (40 against 108 ms per 800 files).
const opened = (file: string, inKernel: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    if (inKernel) {
      const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
      if (!fstatSync(fd).isFIFO()) return resolve(fd);
      // No kernel makes one there: below another root it stands for what hangs, and must hang a thread, not the process.
      closeSync(fd);
    }
    open(file, 'r', (error, fd) => (error === null ? resolve(fd) : reject(error)));
  });

const readInto = (fd: number, buffer: Buffer, from: number): Promise<number> =>
  new Promise((resolve, reject) => {
    read(fd, buffer, from, buffer.length - from, null, (error, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
  });

const readWhole = async (file: string, path: string, maxBytes: number): Promise<string | undefined> => {
  const inSysfs = path.startsWith('/sys/');
  const fd = await opened(file, inSysfs || path.startsWith('/proc/'));
  try {
    let buffer = Buffer.allocUnsafe(Math.min(FIRST_BYTES, maxBytes + 1));
    let length = 0;
    for (;;) {
      const bytes = await readInto(fd, buffer, length);
      length += bytes;
      // A short read of an attribute is its end; other files say so with a read of nothing.
      if (bytes === 0 || (inSysfs && length < buffer.length)) return buffer.toString('utf8', 0, length);
      if (length > maxBytes) return undefined;
      if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(length * 4, maxBytes + 1));
    }
  } finally {
    closeSync(fd);
  }
};

/** Files of the machine below re-rootable roots. Neither a missing nor a blocking file throws or waits. */
export const createFiles = ({ maxBytes = MAX_BYTES, deadlineMs = DEADLINE_MS, ...roots }: FilesOptions): Files => {
  const patient = createPatient(deadlineMs);

  const attempt = <T>(path: string, act: (file: string) => Promise<Reading<T>>): Promise<Reading<T>> => {
    const file = locate(path, roots);
    if (!file.ok) return Promise.resolve(file);
    return patient.attempt(path, () => act(file.value).catch((error: unknown) => fileAbsence(path, error)));
  };

  return {
    read: (path) =>
      attempt(path, async (file) => {
        const text = await readWhole(file, path, maxBytes);
        return text === undefined ? absent('failed', `${path}: longer than ${maxBytes} bytes`) : known(text);
      }),
    list: (path) => attempt(path, async (file) => known((await readdir(file)).sort())),
  };
};
