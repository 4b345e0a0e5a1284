import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { absent, known, type Reading } from '../api.ts';
import { makeDurableDirectory } from './directory.ts';
import { type Disk, processDisk } from './disk.ts';

/** A run of a second does not wait long for what it can do without. */
const DEADLINE_MS = 1000;

/** What a JSON file holds; text that is none is an absence. */
export const parseJson = (file: string, text: string): Reading<unknown> => {
  try {
    return known(JSON.parse(text));
  } catch (error) {
    return absent('failed', `${file} cannot be read: ${(error as Error).message}`);
  }
};

/**
 * Reads a JSON file that Muster wrote. Whatever is wrong with it is an absence: such a file can always be made anew. On a
 * thread of the pool, with a deadline: the disk may not answer.
 */
export const readJsonFile = async (
  file: string,
  { disk = processDisk, deadlineMs = DEADLINE_MS }: { readonly disk?: Disk; readonly deadlineMs?: number } = {},
): Promise<Reading<unknown>> => {
  const text = await disk.attempt(file, deadlineMs, () =>
    readFile(file, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }),
  );
  if (!text.ok) return text;
  return text.value === undefined ? absent('no-history', `${file} does not exist yet`) : parseJson(file, text.value);
};

/** Replaces the file in one step, so that a reader never sees half of it. Tells why when it could not. */
export const writeJsonFile = (file: string, value: unknown): Promise<Reading<true>> =>
  processDisk.attempt(file, DEADLINE_MS, async () => {
    const fresh = `${file}.${process.pid}.new`;
    await makeDurableDirectory(dirname(file));
    try {
      await writeFile(fresh, JSON.stringify(value), { mode: 0o644 });
      await rename(fresh, file);
    } catch (error) {
      await unlink(fresh).catch(() => undefined);
      throw error;
    }
    return true as const;
  });
