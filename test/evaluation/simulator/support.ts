import { randomOf } from './random.ts';
import { simulate } from './simulate.ts';
import { type FaultSpec, FULL_CSV, type JobSpec } from './spec.ts';
import { type WorkloadName, workloadOf } from './workload.ts';

const QUIET: JobSpec['disturbances'] = {
  lostScrapes: 0,
  stallsPerHour: 0,
  spikesPerHour: 0,
  counterResets: [],
  joins: [],
  leaves: [],
  vanished: [],
};

/** Two H100 nodes in one data-parallel job without pauses, half a second a step; `changes` say what is different. */
export const jobSpec = (changes: Partial<JobSpec> = {}, workload: WorkloadName = 'data_parallel'): JobSpec => {
  const {
    checkpoint: _c,
    evaluation: _e,
    restart: _r,
    idle: _i,
    ...steady
  } = workloadOf(workload, randomOf('w'), 8, 16);
  return {
    jobId: 'job-1',
    products: ['h100', 'h100'],
    workload: { ...steady, stepSeconds: 0.5, load: 0.8, clockBound: 0.9 },
    durationSeconds: 5400,
    intervalSeconds: 15,
    loadNoise: 0.02,
    rolesKnown: false,
    faults: [],
    format: FULL_CSV,
    disturbances: QUIET,
    ...changes,
  };
};

export const faultOf = (kind: FaultSpec['kind'], changes: Partial<FaultSpec> = {}): FaultSpec => ({
  kind,
  node: 1,
  gpu: 3,
  jobSlowdown: 0.1,
  onset: { shape: 'step', atSeconds: 1800 },
  ...changes,
});

export interface Row {
  readonly node: string;
  readonly atMs: number;
  readonly cells: Readonly<Record<string, string>>;
}

/** All lines of a job, by the header of their node. */
export const rowsOf = (spec: JobSpec, seed = 's'): readonly Row[] => {
  const job = simulate(spec, seed);
  const headers = new Map(job.nodes.map(({ name, header }) => [name, header.split(', ')]));
  return [...job.ticks()].flatMap(({ atMs, nodes }) =>
    nodes.flatMap(({ name, csv }) =>
      csv === ''
        ? []
        : csv.split('\n').map((line): Row => {
            const cells = line.split(', ');
            const names = headers.get(name) ?? [];
            return { node: name, atMs, cells: Object.fromEntries(names.map((column, i) => [column, cells[i] ?? ''])) };
          }),
    ),
  );
};

/** The mean of a column over the last `seconds` of one GPU. */
export const meanOf = (rows: readonly Row[], node: string, gpu: number, column: string, seconds = 3000): number => {
  const end = rows.at(-1)?.atMs ?? 0;
  const values = rows
    .filter((row) => row.node === node && row.cells.index === String(gpu) && row.atMs > end - seconds * 1000)
    .map((row) => Number.parseFloat(row.cells[column] ?? ''));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};
