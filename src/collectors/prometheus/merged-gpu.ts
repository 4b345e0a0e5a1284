import type { Minutes } from '../../parse/prometheus/minutes.ts';
import type { GpuRecord } from './gpu-record.ts';
import { BUSY, CLOCK, CLOCK_P05, POWER, TEMPERATURE } from './queries.ts';

/** One GPU, with all that its targets told of it; the one that told most is first. */
export interface MergedGpu {
  readonly records: readonly [GpuRecord, ...GpuRecord[]];
}

const WINDOW = [BUSY, CLOCK, CLOCK_P05, POWER, TEMPERATURE];

/** Whether the target told a window of the GPU in this minute; a limit alone is none. */
export const toldWindow = ({ columns }: GpuRecord, { count }: Minutes, minute: number): boolean =>
  WINDOW.some((column) => !Number.isNaN(columns[column * count + minute] ?? Number.NaN));

/** Whether the target told anything of the GPU in this minute. */
export const toldAnything = (record: GpuRecord, { count }: Minutes, minute: number): boolean => {
  for (let at = minute; at < record.columns.length; at += count)
    if (!Number.isNaN(record.columns[at] ?? Number.NaN)) return true;
  return record.jobs.some(({ held }) => held[minute] === 1);
};

const rank = (record: GpuRecord, minutes: Minutes): { readonly told: number; readonly last: number } => {
  let told = 0;
  let last = -1;
  for (let minute = 0; minute < minutes.count; minute++)
    if (toldWindow(record, minutes, minute)) {
      told += 1;
      last = minute;
    }
  return { told, last };
};

const sorted = (records: readonly GpuRecord[], minutes: Minutes): readonly GpuRecord[] =>
  records
    .map((record) => ({ record, ...rank(record, minutes) }))
    .sort(
      (a, b) => b.told - a.told || b.last - a.last || (a.record.identity.target < b.record.identity.target ? -1 : 1),
    )
    .map(({ record }) => record);

/** Without a UUID, a GPU is its index on its node. */
const physicalKey = ({ identity: { uuid, node, index } }: GpuRecord): string => uuid ?? `${node}/gpu${index}`;

/** The GPUs behind the records: two targets that tell of one UUID are one GPU. */
export const mergeGpus = (records: Iterable<GpuRecord>, minutes: Minutes): readonly MergedGpu[] => {
  const byKey = new Map<string, [GpuRecord, ...GpuRecord[]]>();
  for (const record of records) {
    const key = physicalKey(record);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [record]);
    else known.push(record);
  }
  return [...byKey.values()].map((same) =>
    same.length === 1 ? { records: same } : { records: sorted(same, minutes) as MergedGpu['records'] },
  );
};

/** Two targets that told of the GPU in the same minute; one that took over from another is no duplicate. */
export const isScrapedTwice = ({ records: [first, ...others] }: MergedGpu, minutes: Minutes): boolean =>
  others.some((other) => {
    for (let minute = 0; minute < minutes.count; minute++)
      if (toldAnything(first, minutes, minute) && toldAnything(other, minutes, minute)) return true;
    return false;
  });

/** Whose word counts in this minute; undefined where no target told anything. */
export const teller = ({ records }: MergedGpu, minutes: Minutes, minute: number): GpuRecord | undefined =>
  records.find((record) => toldWindow(record, minutes, minute)) ??
  records.find((record) => toldAnything(record, minutes, minute));
