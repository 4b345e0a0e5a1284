import { randomBytes } from 'node:crypto';
import { open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Reading } from '../api.ts';
import { makeDurableDirectory, syncDirectory } from './directory.ts';
import { type Disk, processDisk, WRITE_DEADLINE_MS } from './disk.ts';
import { readJsonFile } from './json-file.ts';
import { createWriter } from './writer.ts';

/** One value that outlives the process, replaced as a whole. */
export interface StateFile {
  /** What was saved last, by this or an earlier process; an absence where the disk does not answer. */
  load(): Promise<Reading<unknown>>;
  /** Puts what cannot be used out of the way, for a person to look at: `state.json.bad`. */
  setAside(): Promise<void>;
  /** Takes the value at once, whatever the disk does; of several that wait for the disk the latest is written. */
  save(value: unknown): void;
  /** True once what was saved last is on disk and outlives a power loss; false when the disk was given up. */
  flushed(): Promise<boolean>;
  /** If not durable, `reason` says why on one line. */
  status(): { readonly durable: boolean; readonly reason?: string };
}

/** Another process may replace the same file at the same time, and in containers both may have the same pid. */
const temporaryName = (file: string): string => `${file}.${process.pid}.${randomBytes(4).toString('hex')}.new`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

/** Removes what a process that was killed in the middle of a save has left. A name with our pid is from before us. */
const removeLeftovers = async (file: string): Promise<void> => {
  const prefix = `${basename(file)}.`;
  for (const name of await readdir(dirname(file))) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(/^([0-9]+)\.[0-9a-f]{8}\.new$/.exec(name.slice(prefix.length))?.[1]);
    if (pid === process.pid || (pid > 0 && !isAlive(pid))) await unlink(join(dirname(file), name));
  }
};

/** A reader sees the old file or the new one, never half of one; nor does a power loss (fsync before rename). */
const replace = async (file: string, text: string): Promise<void> => {
  const fresh = temporaryName(file);
  try {
    const handle = await open(fresh, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close().catch(() => undefined);
    }
    await rename(fresh, file);
  } catch (error) {
    await unlink(fresh).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(file));
};

/** A JSON file that is replaced in the background; a disk that fails or hangs costs durability and nothing else. */
export const createStateFile = (options: {
  readonly file: string;
  readonly writeDeadlineMs?: number;
  readonly disk?: Disk;
}): StateFile => {
  const { file, writeDeadlineMs: deadlineMs = WRITE_DEADLINE_MS, disk = processDisk } = options;
  let unsaved: { readonly value: unknown } | undefined;
  let isTidy = false;

  const tidy = async (): Promise<void> => {
    await removeLeftovers(file).catch(() => undefined);
    isTidy = true;
  };

  const write = async (): Promise<void> => {
    if (!isTidy) await tidy();
    const saving = unsaved;
    if (saving === undefined) return;
    await makeDurableDirectory(dirname(file));
    await replace(file, JSON.stringify(saving.value));
    if (unsaved === saving) unsaved = undefined;
  };

  const writer = createWriter({ path: file, deadlineMs, disk, write });
  writer.wake();

  return {
    load: () => readJsonFile(file, { disk, deadlineMs }),
    setAside: async () => {
      await disk.attempt(file, deadlineMs, () => rename(file, `${file}.bad`));
    },
    save: (value) => {
      unsaved = { value };
      writer.wake();
    },
    flushed: () => writer.flushed(),
    status: () => {
      const reason = writer.givenUp();
      return reason === undefined ? { durable: true } : { durable: false, reason };
    },
  };
};
