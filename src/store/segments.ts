import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { makeDurableDirectory, syncDirectory } from './directory.ts';
import { listSegments, type Segment, segmentFile } from './segment.ts';

/** The segments of a directory as one writer sees them. */
export interface Segments {
  /** Oldest first; the last is the one that is written to. */
  all(): readonly Segment[];
  /** Looks at the directory, which it makes where there is none. */
  load(): Promise<readonly Segment[]>;
  /** Goes on in the newest segment, as long as nobody else writes to it. */
  adoptNewest(): void;
  /** Appends the first of these lines, as many as the segment takes, and syncs; answers how many. */
  append(lines: readonly string[]): Promise<number>;
  remove(segment: Segment): Promise<void>;
}

interface Current {
  readonly file: string;
  /** Where the last finished write ended. */
  goodBytes: number;
  /** What an unfinished write left behind that. */
  tornBytes: number;
}

const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const withFile = async <T>(file: string, flags: number, use: (handle: FileHandle) => Promise<T>): Promise<T> => {
  const handle = await open(file, flags, 0o644);
  try {
    return await use(handle);
  } finally {
    // What was synced before is safe, whatever closing says.
    await handle.close().catch(() => undefined);
  }
};

const fitting = (lines: readonly string[], roomBytes: number): { readonly text: Buffer; readonly count: number } => {
  const taken: Buffer[] = [];
  let bytes = 0;
  for (const line of lines) {
    const next = Buffer.from(`${line}\n`);
    if (taken.length > 0 && bytes + next.length > roomBytes) break;
    taken.push(next);
    bytes += next.length;
  }
  return { text: Buffer.concat(taken), count: taken.length };
};

/**
 * Appends to numbered segments. Another process may do the same to the same directory for a moment (an agent that ends
 * while its successor starts), so a segment that is not as this writer left it is left alone, and a new one begun.
 */
export const createSegments = (directory: string, segmentBytes: number): Segments => {
  let known: readonly Segment[] = [];
  let current: Current | undefined;

  /** Makes the directory only where it is missing: on a frozen disk even the mkdir of one that exists does not return. */
  const inDirectory = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await makeDurableDirectory(directory);
      return act();
    }
  };

  const begin = async (): Promise<Current> => {
    for (let number = (known.at(-1)?.number ?? 0) + 1; ; number += 1) {
      const file = segmentFile(directory, number);
      try {
        await withFile(file, O_WRONLY | O_CREAT | O_EXCL, async () => undefined);
      } catch (error) {
        if (codeOf(error) === 'EEXIST') continue;
        throw error;
      }
      await syncDirectory(directory);
      known = await listSegments(directory);
      return { file, goodBytes: 0, tornBytes: 0 };
    }
  };

  const write = (segment: Current, text: Buffer): Promise<boolean> =>
    withFile(segment.file, O_WRONLY | O_APPEND, async (handle) => {
      const { size } = await handle.stat();
      if (size !== segment.goodBytes + segment.tornBytes) return false;
      if (segment.tornBytes > 0) await handle.truncate(segment.goodBytes);
      segment.tornBytes = 0;
      while (segment.tornBytes < text.length) {
        segment.tornBytes += (await handle.write(text, segment.tornBytes)).bytesWritten;
      }
      await handle.datasync();
      segment.goodBytes += segment.tornBytes;
      segment.tornBytes = 0;
      return true;
    });

  const writeIfOurs = async (segment: Current, text: Buffer): Promise<boolean> => {
    try {
      return await write(segment, text);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  };

  return {
    all: () => known,
    load: async () => {
      known = await inDirectory(() => listSegments(directory));
      return known;
    },
    adoptNewest: () => {
      const newest = known.at(-1);
      if (newest !== undefined) current = { file: newest.file, goodBytes: newest.bytes, tornBytes: 0 };
    },
    append: async (lines) => {
      for (;;) {
        if (current === undefined || current.goodBytes >= segmentBytes) current = await inDirectory(begin);
        const { text, count } = fitting(lines, segmentBytes - current.goodBytes);
        if (await writeIfOurs(current, text)) {
          const { file, goodBytes } = current;
          known = known.map((one) => (one.file === file ? { ...one, bytes: goodBytes } : one));
          return count;
        }
        current = undefined;
      }
    },
    remove: async (segment) => {
      known = known.filter(({ file }) => file !== segment.file);
      // One that cannot be removed is seen again when the next segment begins.
      await unlink(segment.file).catch(() => undefined);
    },
  };
};
