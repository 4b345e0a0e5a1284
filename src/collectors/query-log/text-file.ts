import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { absent, known, type Reading } from '../../api.ts';

/** A text file that is read a part at a time: a log of a week is larger than the memory. */
export interface TextFile {
  readonly bytes: number;
  /** The next whole lines, each with its newline; undefined at the end of what the file held when it was opened. */
  next(): Promise<Reading<string> | undefined>;
  /** Reads on from here; what stands before the next newline is skipped. */
  skipTo(position: number): void;
  /** Lines that were too long to be any, or not ended: the last one, while a logger is writing it. */
  brokenLines(): number;
  close(): Promise<void>;
}

/** Twenty times the line of a query for every column that nvidia-smi has (8 KiB, real captures). */
const LONGEST_LINE = 160 * 1024;
const NEWLINE = 10;

const FORMATS: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'is compressed; unpack it first with gunzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is compressed; unpack it first with unzstd'],
  [[0xfd, 0x37, 0x7a, 0x58], 'is compressed; unpack it first with unxz'],
  [[0x42, 0x5a, 0x68], 'is compressed; unpack it first with bunzip2'],
  [[0x50, 0x4b, 0x03, 0x04], 'is compressed; unpack it first with unzip'],
  [[0xff, 0xfe], 'is UTF-16, as PowerShell writes it; convert it first with iconv -f UTF-16 -t UTF-8'],
  [[0xfe, 0xff], 'is UTF-16; convert it first with iconv -f UTF-16 -t UTF-8'],
];

const unreadableFormat = (start: Buffer): string | undefined =>
  FORMATS.find(([bytes]) => bytes.every((byte, i) => start[i] === byte))?.[1];

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there; check the path',
  EACCES: 'may not be read; run chmod a+r or read it as its owner',
  EMFILE: 'is one file too many for this process; raise ulimit -n',
};

const failure = (path: string, error: unknown): Reading<never> => {
  const code = String((error as NodeJS.ErrnoException).code);
  return absent('failed', `${path} ${REASONS[code] ?? `cannot be read (${code})`}`);
};

/** Opens a regular file; anything else (a pipe, a device) could hold the reader up for ever. */
export const openTextFile = async (
  path: string,
  chunkBytes: number,
  o: { readonly keepsUnendedLine?: boolean } = {},
): Promise<Reading<TextFile>> => {
  try {
    // Without it, opening a named pipe waits for a writer.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const refuse = async (why: string): Promise<Reading<never>> => {
      await handle.close();
      return absent('failed', `${path} ${why}`);
    };
    const stats = await handle.stat();
    if (stats.isDirectory()) return refuse(`is a directory; name the files in it: ${path.replace(/\/+$/, '')}/*.csv`);
    if (!stats.isFile()) return refuse('is no regular file; write the log to a file first');
    const start = Buffer.alloc(4);
    await handle.read(start, 0, start.length, 0);
    const format = unreadableFormat(start);
    if (format !== undefined) return refuse(format);

    let position = 0;
    let carried: Buffer = Buffer.alloc(0);
    let skipping = false;
    let broken = 0;
    let isClosed = false;

    /** The whole lines of what was read; what is left is carried to the next part. */
    const wholeLines = (read: Buffer): string => {
      let part = read;
      if (skipping) {
        const newline = part.indexOf(NEWLINE);
        if (newline < 0) return '';
        skipping = false;
        part = part.subarray(newline + 1);
      }
      const end = part.lastIndexOf(NEWLINE) + 1;
      const lines =
        end === 0
          ? ''
          : carried.length === 0
            ? part.toString('utf8', 0, end)
            : Buffer.concat([carried, part.subarray(0, end)]).toString('utf8');
      const rest = part.subarray(end);
      carried = end === 0 ? Buffer.concat([carried, rest]) : Buffer.from(rest);
      if (carried.length > LONGEST_LINE) {
        carried = Buffer.alloc(0);
        skipping = true;
        broken += 1;
      }
      return lines;
    };

    return known({
      bytes: stats.size,
      next: async () => {
        try {
          while (position < stats.size) {
            const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, stats.size - position));
            const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
            if (bytesRead === 0) break;
            position += bytesRead;
            const lines = wholeLines(buffer.subarray(0, bytesRead));
            if (lines !== '') return known(lines);
          }
          if (carried.length === 0) return undefined;
          const unended = carried.toString('utf8');
          carried = Buffer.alloc(0);
          if (o.keepsUnendedLine === true) return known(unended);
          broken += 1;
          return undefined;
        } catch (error) {
          return failure(path, error);
        }
      },
      skipTo: (to) => {
        position = to;
        carried = Buffer.alloc(0);
        skipping = true;
      },
      brokenLines: () => broken,
      close: async () => {
        if (isClosed) return;
        isClosed = true;
        await handle.close();
      },
    });
  } catch (error) {
    return failure(path, error);
  }
};
