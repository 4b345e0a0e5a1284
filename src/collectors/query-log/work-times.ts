import { type QueryColumns, readQueryHeader } from '../../parse/nvidia-smi/query.ts';
import { openTextFile, type TextFile } from './text-file.ts';

/** When a log, and the work in it, begin and end, by the clock of its node. What the parts that are read do not show is not there. */
export interface WorkTimes {
  readonly startsAt: number;
  readonly endsAt: number;
  /** The GPUs were idle, and went to work. */
  readonly busyFrom?: number;
  /** They worked, and were idle at last. */
  readonly busyUntil?: number;
}

const MEBIBYTE = 2 ** 20;
/** Half an hour of eight GPUs every 5 s; less where work begins at once. */
const START_BYTES = MEBIBYTE;
/** From the end on backwards: a minute or two, where the log ends in the midst of work; more until it is seen. */
const END_BYTES = [MEBIBYTE / 64, MEBIBYTE / 16, MEBIBYTE / 4] as const;
const CHUNK_BYTES = MEBIBYTE / 64;
const MINUTE_MS = 60_000;
/** Mean utilisation of a node's GPUs over a minute: most kernels run, or hardly any does. */
const AT_WORK = 0.5;
const IDLE = 0.1;

interface Minute {
  readonly at: number;
  sum: number;
  count: number;
}

interface Part {
  readonly columns?: QueryColumns;
  readonly first?: number;
  readonly last?: number;
  readonly minutes: readonly Minute[];
}

const busyOf = ({ sum, count }: Minute): number => sum / count;
const isAtWork = (minute: Minute | undefined): boolean => minute !== undefined && busyOf(minute) >= AT_WORK;

/** Reads so many bytes, or until enough was seen. */
const readPart = async (
  file: TextFile,
  bytes: number,
  o: { readonly columns?: QueryColumns; readonly isEnough?: (minutes: readonly Minute[]) => boolean } = {},
): Promise<Part> => {
  let { columns } = o;
  let first: number | undefined;
  let last: number | undefined;
  const minutes: Minute[] = [];
  for (let read = 0; read < bytes; read += CHUNK_BYTES) {
    if (o.isEnough?.(minutes)) break;
    const next = await file.next();
    if (next === undefined || !next.ok) break;
    for (const line of next.value.split('\n')) {
      const text = line.replace('\ufeff', '').replace(/\r$/, '');
      const sample = columns?.read(text, 0, text.length);
      if (!sample?.ok) {
        const header = text.includes('timestamp') ? readQueryHeader(text) : undefined;
        if (header?.ok) columns = header.value;
        continue;
      }
      const { at, utilizationRatio } = sample.value.sample;
      first ??= at;
      last = at;
      if (utilizationRatio === undefined) continue;
      const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      let current = minutes.at(-1);
      if (current?.at !== minute) {
        current = { at: minute, sum: 0, count: 0 };
        minutes.push(current);
      }
      current.sum += utilizationRatio;
      current.count += 1;
    }
  }
  return {
    minutes,
    ...(columns === undefined ? {} : { columns }),
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
  };
};

/** The first minute of work after an idle one. */
const beginning = (minutes: readonly Minute[]): number | undefined => {
  const idle = minutes.findIndex((minute) => busyOf(minute) <= IDLE);
  const working = minutes.findIndex(isAtWork);
  return idle < 0 || working < idle ? undefined : minutes[working]?.at;
};

/** The last minute of work before an idle one. */
const end = (minutes: readonly Minute[]): number | undefined => {
  const working = minutes.findLastIndex(isAtWork);
  const idle = minutes.findLastIndex((minute) => busyOf(minute) <= IDLE);
  return working < 0 || idle < working ? undefined : minutes[working]?.at;
};

/** The last lines of a log, back to where it is seen at work. */
const readEnd = async (file: TextFile, columns: QueryColumns): Promise<Part> => {
  let part: Part = { minutes: [] };
  for (const bytes of END_BYTES) {
    file.skipTo(Math.max(0, file.bytes - bytes));
    part = await readPart(file, bytes, { columns });
    // The first minute is a part of one.
    if (part.minutes.slice(1).some(isAtWork) || bytes >= file.bytes) break;
  }
  return part;
};

/** Looks at the beginning and the end of a log; nothing where it has no usable line there. */
export const workTimesOf = async (path: string): Promise<WorkTimes | undefined> => {
  const opened = await openTextFile(path, CHUNK_BYTES);
  if (!opened.ok) return undefined;
  const file = opened.value;
  try {
    // The last minute may have only begun.
    const start = await readPart(file, START_BYTES, { isEnough: (minutes) => isAtWork(minutes.at(-2)) });
    if (start.first === undefined || start.columns === undefined) return undefined;
    const finish = await readEnd(file, start.columns);
    const busyFrom = beginning(start.minutes);
    const busyUntil = end(finish.minutes);
    return {
      startsAt: start.first,
      endsAt: finish.last ?? start.last ?? start.first,
      ...(busyFrom === undefined ? {} : { busyFrom }),
      ...(busyUntil === undefined ? {} : { busyUntil }),
    };
  } finally {
    await file.close();
  }
};
