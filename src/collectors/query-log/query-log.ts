import { absent, known, type Reading } from '../../api.ts';
import { type QueryColumns, type QuerySample, readQueryHeader } from '../../parse/nvidia-smi/query.ts';
import { createSequence, type SequenceNotes } from './sequence.ts';
import { openTextFile } from './text-file.ts';

/** What reading a log came to, for people. */
export interface LogNotes extends SequenceNotes {
  readonly lines: number;
  readonly usable: number;
  /** Lines that were cut, ran into each other, or are something else; with the first of them. */
  readonly damaged: number;
  readonly firstDamaged?: { readonly line: number; readonly why: string };
  /** Why what followed could not be used or read, where something ended it. */
  readonly ended?: string;
}

/** The log of one node, read in the order of time. */
export interface QueryLog {
  readonly node: string;
  readonly path: string;
  /** The time of the next sample, Unix ms as the log prints it plus the offset; undefined at the end. */
  nextAt(): number | undefined;
  /** Hands over the samples before this time. False where more must be read for it: then `readOn` and call again. */
  handOver(untilMs: number, take: (sample: QuerySample) => void): boolean;
  readOn(): Promise<void>;
  notes(): LogNotes;
  close(): Promise<void>;
}

export interface LogOptions {
  readonly node: string;
  readonly path: string;
  readonly chunkBytes: number;
  /** Added to every time, where the clock of the node is off. */
  readonly offsetMs?: number;
}

const BYTE_ORDER_MARK = '\ufeff';

/** Opens a log and reads to its first sample. */
export const openQueryLog = async (o: LogOptions): Promise<Reading<QueryLog>> => {
  const opened = await openTextFile(o.path, o.chunkBytes);
  if (!opened.ok) return opened;
  const file = opened.value;
  const waiting: QuerySample[] = [];
  const sequence = createSequence((sample) => waiting.push(sample), o.offsetMs);

  let text = '';
  let place = 0;
  let columns: QueryColumns | undefined;
  let refused: string | undefined;
  let isAtEnd = false;
  let lines = 0;
  let usable = 0;
  let damaged = 0;
  let firstDamaged: LogNotes['firstDamaged'];
  let ended: string | undefined;

  const damage = (why: string): void => {
    damaged += 1;
    firstDamaged ??= { line: lines, why };
  };

  /** A logger that was started again prints its header again, maybe with other columns. */
  const otherLine = (line: string, why: string): void => {
    const header = readQueryHeader(line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
    if (header.ok) columns = header.value;
    else if (header.reason === 'unsupported') {
      columns = undefined;
      refused = header.detail;
      damage(header.detail);
    } else damage(why);
  };

  const takeLine = (from: number, to: number): void => {
    lines += 1;
    if (from === to) return;
    const read = columns?.read(text, from, to);
    if (read?.ok) {
      usable += 1;
      sequence.take(read.value);
      return;
    }
    const line = text.slice(from, to);
    if (line.trim() !== '') otherLine(line, read?.detail ?? 'no header line before it');
  };

  /** Reads lines until a sample waits; false where the text is used up. */
  const readLines = (): boolean => {
    while (waiting.length === 0) {
      if (place >= text.length) return false;
      const newline = text.indexOf('\n', place);
      const to = newline < 0 ? text.length : newline;
      takeLine(place, to > place && text.charCodeAt(to - 1) === 13 ? to - 1 : to);
      place = to + 1;
    }
    return true;
  };

  const readOn = async (): Promise<void> => {
    while (!isAtEnd && !readLines()) {
      const next = await file.next();
      if (next?.ok) {
        text = next.value;
        place = 0;
        continue;
      }
      isAtEnd = true;
      text = '';
      place = 0;
      if (next !== undefined) ended = next.detail;
      sequence.finish();
      await file.close();
    }
  };

  const whyUnusable = (): string => {
    if (refused !== undefined) return `has ${refused}`;
    if (file.bytes === 0) return 'is empty';
    if (columns === undefined)
      return 'has no header line; log with --format=csv, not csv,noheader, in which the columns have no names';
    if (firstDamaged !== undefined) return `has no usable line (line ${firstDamaged.line}: ${firstDamaged.why})`;
    if (file.brokenLines() > 0) return 'has no usable line (the last one is cut)';
    return 'has a header, but no line after it';
  };

  const notes = (): LogNotes => ({
    lines,
    usable,
    damaged: damaged + file.brokenLines(),
    ...(firstDamaged === undefined ? {} : { firstDamaged }),
    ...(ended === undefined ? {} : { ended }),
    ...sequence.notes(),
  });

  await readOn();
  if (waiting.length === 0) {
    if (ended !== undefined) return absent('failed', ended);
    return absent('unsupported', `${o.path} ${whyUnusable()}`);
  }

  return known({
    node: o.node,
    path: o.path,
    nextAt: () => waiting[0]?.sample.at,
    handOver: (untilMs, take) => {
      for (;;) {
        const [sample] = waiting;
        if (sample === undefined) {
          if (isAtEnd) return true;
          if (!readLines()) return false;
          continue;
        }
        if (sample.sample.at >= untilMs) return true;
        take(sample);
        waiting.shift();
      }
    },
    readOn,
    notes,
    close: () => file.close(),
  });
};
