import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Frame, GpuMinute } from '../../src/api.ts';

/** Real measurements are not part of the project; tests over them are skipped where they are not mounted. */
export const TELEMETRY = process.env.MUSTER_TELEMETRY ?? resolve(import.meta.dirname, '../../../shared/telemetry');
export const haveTelemetry = (file: string): boolean => existsSync(join(TELEMETRY, file));

/** One GPU in one run of a benchmark, as means over the run. */
export interface TelemetryRow {
  readonly node: string;
  readonly run: string;
  readonly index: number;
  readonly uuid: string;
  /** Time of an iteration, milliseconds: of the whole job where its GPUs wait for each other. */
  readonly milliseconds: number;
  readonly smClockHertz: number;
  readonly lowestSmClockHertz?: number;
  readonly powerWatts: number;
  readonly temperatureCelsius: number;
  readonly hottestCelsius?: number;
}

const records = (file: string): readonly Readonly<Record<string, string>>[] => {
  const [header = '', ...lines] = readFileSync(join(TELEMETRY, file), 'utf8').trim().split('\n');
  const names = header.trim().split(',');
  return lines.map((line) =>
    Object.fromEntries(
      line
        .trim()
        .split(',')
        .map((value, i) => [names[i] ?? '', value]),
    ),
  );
};

/** A number of the file; a hole in it must not become a zero. */
const numberOf = (record: Readonly<Record<string, string>>, name: string): number => {
  const text = record[name] ?? '';
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new Error(`${name}: "${text}" is not a number`);
  return value;
};

/** Four GPUs of a node train ResNet-50 together: jobs in the order of their ids are runs, each GPU once in each. */
export const resnetRows = (): readonly TelemetryRow[] => {
  const sorted = [...records('resnet-longhorn.csv')].sort((a, b) => numberOf(a, 'job_id') - numberOf(b, 'job_id'));
  const seen = new Map<string, number>();
  return sorted.map((record) => {
    const uuid = record.uuid ?? '';
    const run = (seen.get(uuid) ?? 0) + 1;
    seen.set(uuid, run);
    return {
      node: record['cab-node'] ?? '',
      run: `resnet-${run}`,
      index: numberOf(record, 'device'),
      uuid,
      milliseconds: numberOf(record, 'perf'),
      smClockHertz: numberOf(record, 'mean_freq') * 1e6,
      lowestSmClockHertz: numberOf(record, 'min_freq') * 1e6,
      powerWatts: numberOf(record, 'mean_pwr'),
      temperatureCelsius: numberOf(record, 'mean_temp'),
      hottestCelsius: numberOf(record, 'max_temp'),
    };
  });
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? Number.NaN) + upper) / 2;
};

export const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

/** Each GPU multiplies matrices alone: the median of its repetitions, all GPUs as if of one job of many nodes. */
export const sgemmRows = (): readonly TelemetryRow[] =>
  [...grouped(records('sgemm-longhorn.csv'), ({ uuid = '' }) => uuid)].map(([uuid, repeated]) => {
    const of = (name: string): number => median(repeated.map((record) => numberOf(record, name)));
    return {
      node: uuid,
      run: 'sgemm',
      index: 0,
      uuid,
      milliseconds: of('perf'),
      smClockHertz: of('freq') * 1e6,
      powerWatts: of('pwr'),
      temperatureCelsius: of('temp'),
    };
  });

/** One job: what the detector would have been fed with, and what is known of it. */
export interface TelemetryJob {
  readonly jobId: string;
  readonly rows: readonly TelemetryRow[];
  /** Minute by minute, oldest first. */
  readonly frames: readonly Frame[];
}

/** One more than the fifteen that persistence is judged over. */
const MINUTES = 16;
const START = Date.UTC(2022, 0, 1);

/**
 * Rows as the frames of `createDetector().next`: one job of each node and run (with `oneJob` of each run, over all nodes),
 * the means of the run repeated minute by minute on GPUs that are busy all the time. Nothing is known of throttle time,
 * limits and causes; a feature that the rows do not tell is not there.
 */
export const windowsOfTelemetry = (
  rows: readonly TelemetryRow[],
  o: { readonly oneJob?: boolean; readonly minutes?: number } = {},
): readonly TelemetryJob[] =>
  [...grouped(rows, ({ node, run }) => (o.oneJob === true ? run : `${node}/${run}`))].map(([jobId, members]) => ({
    jobId,
    rows: members,
    frames: Array.from({ length: o.minutes ?? MINUTES }, (_, minute): Frame => {
      const at = START + minute * 60_000;
      return { at, gpus: members.map((row) => minuteOf(row, jobId, at)) };
    }),
  }));

const minuteOf = (row: TelemetryRow, jobId: string, at: number): GpuMinute => ({
  ref: {
    kind: 'gpu',
    key: `${row.node}/gpu${row.index}`,
    node: row.node,
    model: 'Tesla V100-SXM2-16GB',
    index: row.index,
    uuid: row.uuid,
  },
  jobId,
  role: 'all',
  window: {
    at,
    busyRatio: 1,
    smClockHertz: row.smClockHertz,
    powerWatts: row.powerWatts,
    temperatureCelsius: row.temperatureCelsius,
    throttleRatio: {},
  },
  causes: [],
});

/** Sustained rates of the slots of healthy nodes, for one kind of arithmetic. */
export interface SlotRate {
  readonly node: string;
  readonly slot: number;
  readonly teraflops: number;
}

export const PRECISIONS = ['fp32', 'bf16', 'fp8'] as const;

export const slotRates = (file: string, precision: (typeof PRECISIONS)[number]): readonly SlotRate[] =>
  records(file).map((record) => ({
    node: record.node ?? '',
    slot: numberOf(record, 'slot'),
    teraflops: numberOf(record, `${precision}_tflops`),
  }));
