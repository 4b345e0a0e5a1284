import type { ProductName } from './products.ts';
import type { Workload } from './workload.ts';

/** How a fault behaves over time. Seconds count from the start of the job. */
export type Onset =
  | { readonly shape: 'start' }
  | { readonly shape: 'step'; readonly atSeconds: number }
  | { readonly shape: 'ramp'; readonly atSeconds: number; readonly rampSeconds: number }
  | {
      readonly shape: 'intermittent';
      readonly atSeconds: number;
      readonly periodSeconds: number;
      readonly duty: number;
    };

export const FAULT_KINDS = [
  'thermal',
  'hot_inlet',
  'power_limit',
  'power_brake',
  'locked_clocks',
  'pcie_width',
  'pcie_generation',
  'nvlink_lane',
  'infiniband_rate',
  'infiniband_width',
  'infiniband_flap',
  'wrong_rail',
  'remapped_rows',
  'cpu_hog',
  'loader_stall',
  'garbage_collection',
  'slow_storage',
  'slow_node',
  'fleet_dip',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultSpec {
  readonly kind: FaultKind;
  /** Position of the node in the job. */
  readonly node: number;
  /** Index of the GPU on its node; faults of a node have none. */
  readonly gpu?: number;
  /** By how much the whole job gets slower while the fault is active: 0.1 is 10 %. */
  readonly jobSlowdown: number;
  readonly onset: Onset;
  /** Where not given the fault stays. */
  readonly clearSeconds?: number;
}

/** How `nvidia-smi --query-gpu` was called, and by which driver. */
export interface CsvFormat {
  /** `--format=csv,nounits` leaves the units out of the values, not out of the header. */
  readonly units: boolean;
  /** Drivers before R535 print `clocks_throttle_reasons.*`. */
  readonly reasons: 'clocks_event_reasons' | 'clocks_throttle_reasons';
  /** Drivers from R570 on count the time. */
  readonly counters: boolean;
  readonly columns: 'full' | 'few';
  /** `clocks.applications.graphics` and its default. */
  readonly applicationClocks: boolean;
  readonly remappedRows: boolean;
}

export const FULL_CSV: CsvFormat = {
  units: true,
  reasons: 'clocks_event_reasons',
  counters: true,
  columns: 'full',
  applicationClocks: false,
  // The agent knows them from `nvidia-smi -q -x` as well.
  remappedRows: true,
};

/** What goes wrong with the observation, not with the machine. */
export interface Disturbances {
  /** Share of scrapes that are lost. */
  readonly lostScrapes: number;
  /** nvidia-smi hangs this often an hour and node, for 5–40 s. */
  readonly stallsPerHour: number;
  /** A sample of a GPU that is far off for once, as often an hour. */
  readonly spikesPerHour: number;
  /** Driver reloaded on a node: its counters start at 0 again. */
  readonly counterResets: readonly { readonly node: number; readonly atSeconds: number }[];
  readonly joins: readonly { readonly node: number; readonly atSeconds: number }[];
  readonly leaves: readonly { readonly node: number; readonly atSeconds: number }[];
  /** The series of a GPU ends, the rest of its node goes on. */
  readonly vanished: readonly { readonly node: number; readonly gpu: number; readonly atSeconds: number }[];
}

export const USUAL_DISTURBANCES: Disturbances = {
  lostScrapes: 0.002,
  stallsPerHour: 0.1,
  spikesPerHour: 0.05,
  counterResets: [],
  joins: [],
  leaves: [],
  vanished: [],
};

/** A second job on the same nodes; it has the GPUs from `firstGpu` on. */
export interface Neighbour {
  readonly jobId: string;
  readonly workload: Workload;
  readonly firstGpu: number;
}

export interface JobSpec {
  readonly jobId: string;
  /** One entry a node. */
  readonly products: readonly ProductName[];
  readonly workload: Workload;
  readonly neighbour?: Neighbour;
  readonly durationSeconds: number;
  readonly intervalSeconds: number;
  /** Standard deviation of the load of a GPU: 0.02, 0.05 or 0.1 (AR(1) with Student-t innovations). */
  readonly loadNoise: number;
  /** Whether the job tells which rank has which role. */
  readonly rolesKnown: boolean;
  readonly faults: readonly FaultSpec[];
  readonly format: CsvFormat;
  readonly disturbances: Disturbances;
  /** Unix ms; 2026-01-05 00:00 UTC where not given. */
  readonly startMs?: number;
}

export type Visibility = 'telemetry' | 'state-only' | 'none';

/** What really was wrong, for scoring. */
export interface TruthFault {
  readonly fault: FaultKind;
  /** In the words of `muster_gpu_cause_active{cause}`; `none` where no state explains it. */
  readonly cause: string;
  readonly jobId: string;
  /** `shared`: several nodes by one cause; `job`: the job itself, nobody is to blame. */
  readonly scope: 'gpu' | 'node' | 'shared' | 'job';
  readonly node?: string;
  readonly gpuIndex?: number;
  readonly onsetMs: number;
  readonly clearMs: number;
  /** Of the whole job while the fault is active: 0.1 is 10 %. */
  readonly targetSlowdown: number;
  /** By the barrier, against the same job and the same noise without its faults; two faults at once share one number. */
  readonly realisedSlowdown: number;
  /** The same over the whole time from onset to clear, pauses of an intermittent fault included. */
  readonly meanSlowdown: number;
  /** Whether anything in the text deviates on the culprit. */
  readonly visible: Visibility;
}
