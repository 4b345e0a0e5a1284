import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type KernelRecords, known, type Reading } from '../api.ts';
import type { Clock } from './clock.ts';
import { type OpenKernelLog, sequenceOf } from './kernel-record.ts';

interface FileOptions {
  readonly lastSequence: number | undefined;
  readonly maxBytes: number;
  readonly maxRecords: number;
  readonly clock: Clock;
}

// Writers write lines whole or flush block by block: a file that nobody touched for this long ends where it ends, and a
// last line without a newline, as an editor or `printf` leaves it, is a line.
const SETTLED_MS = 1000;
const MAX_LINE_BYTES = 64 << 10;

/** A regular file of records that grows, is truncated or is replaced under us. */
export const readKernelFile = (
  firstFd: number,
  path: string,
  { lastSequence: from, maxBytes, maxRecords, clock }: FileOptions,
): OpenKernelLog & { readonly fd: number } => {
  const buffer = Buffer.allocUnsafe(64 << 10);
  let fd = firstFd;
  let offset = 0;
  let partial = Buffer.alloc(0);
  let queued: string[] = [];
  let lastSequence = from;
  let lost = 0;
  /** Until a numbered record was read: what is missing before the first one was never read. */
  let atBeginning = true;
  /** Of the last record that is left out because it was read before a restart. */
  let skipped: number | undefined;
  let skipping = from !== undefined;

  const accept = (line: string): void => {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') return;
    const sequence = sequenceOf(text);
    if (sequence !== undefined) {
      if (atBeginning && lastSequence !== undefined && sequence > lastSequence + 1) lost += sequence - lastSequence - 1;
      atBeginning = false;
      if (skipping && from !== undefined && sequence <= from) {
        skipped = sequence;
        return;
      }
      skipping = false;
      lastSequence = sequence;
    }
    queued.push(text);
  };

  const cut = (chunk: Buffer): void => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = chunk.subarray(start, end);
      accept((partial.length === 0 ? line : Buffer.concat([partial, line])).toString('utf8'));
      partial = Buffer.alloc(0);
      start = end + 1;
    }
    partial = Buffer.concat([partial, chunk.subarray(start)]);
    if (partial.length > MAX_LINE_BYTES) flush();
  };
  const flush = (): void => {
    if (partial.length > 0) accept(partial.toString('utf8'));
    partial = Buffer.alloc(0);
  };

  /** Whether the end of the file was reached. */
  const readOn = (budget: { bytes: number }): boolean => {
    while (budget.bytes > 0 && queued.length < maxRecords) {
      const bytes = readSync(fd, buffer, 0, Math.min(buffer.length, budget.bytes), offset);
      if (bytes === 0) return true;
      offset += bytes;
      budget.bytes -= bytes;
      cut(buffer.subarray(0, bytes));
    }
    return false;
  };

  const startAgain = (): void => {
    flush();
    offset = 0;
    atBeginning = true;
  };

  /** The whole file is older than `from`: the number is of another boot, and nothing of the file was read. */
  const isOfAnotherBoot = (): boolean => skipping && from !== undefined && skipped !== undefined && skipped < from;

  const followRotation = (): void => {
    let now: ReturnType<typeof statSync>;
    try {
      now = statSync(path);
    } catch {
      // Between the removal of the old file and the creation of the new one.
      return;
    }
    if (now.ino === fstatSync(fd).ino || !now.isFile()) return;
    const next = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    closeSync(fd);
    fd = next;
    startAgain();
  };

  const poll = (): Reading<KernelRecords> => {
    const budget = { bytes: maxBytes };
    if (fstatSync(fd).size < offset) startAgain();
    if (readOn(budget)) {
      if (isOfAnotherBoot()) {
        skipping = false;
        lastSequence = undefined;
        startAgain();
        readOn(budget);
      }
      const before = fd;
      followRotation();
      if (fd !== before) readOn(budget);
      else if (partial.length > 0 && clock.wallMs() - fstatSync(fd).mtimeMs > SETTLED_MS) flush();
    }
    const lines = queued.slice(0, maxRecords);
    queued = queued.slice(maxRecords);
    const missed = lost;
    lost = 0;
    return known({ lines, lost: missed });
  };

  return {
    poll,
    get fd() {
      return fd;
    },
    get lastSequence() {
      return lastSequence;
    },
  };
};
