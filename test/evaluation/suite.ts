import { PRODUCTS, type ProductName } from './simulator/products.ts';
import { between, pick, type Random, randomOf } from './simulator/random.ts';
import {
  type CsvFormat,
  FAULT_KINDS,
  type FaultKind,
  type FaultSpec,
  FULL_CSV,
  type JobSpec,
  type Onset,
  USUAL_DISTURBANCES,
} from './simulator/spec.ts';
import { WORKLOAD_NAMES, type WorkloadName, workloadOf } from './simulator/workload.ts';

/** A detector is tuned on the one and reported on the other. */
export type SetName = 'tuning' | 'reporting';

/** What nobody may look at while tuning: half of the faults and half of the workloads of the reporting set. */
export const HELD_OUT: { readonly faults: readonly FaultKind[]; readonly workloads: readonly WorkloadName[] } = {
  faults: [
    'hot_inlet',
    'power_brake',
    'locked_clocks',
    'pcie_generation',
    'infiniband_width',
    'infiniband_flap',
    'wrong_rail',
    'remapped_rows',
    'slow_storage',
    'fleet_dip',
  ],
  workloads: ['fsdp', 'pipeline_in_node', 'expert_parallel', 'reinforcement', 'mpi_one_gpu'],
};

export const SEVERITIES = [0.03, 0.05, 0.1, 0.2, 0.5, 1] as const;
export const LOAD_NOISES = [0.02, 0.05, 0.1] as const;

export interface Scenario {
  readonly id: string;
  readonly set: SetName;
  readonly kind: 'healthy' | 'fault' | 'two_faults';
  readonly workload: WorkloadName;
  readonly noise: string;
  /** Has a fault or a workload that the tuning set does not have. */
  readonly heldOut: boolean;
  readonly job: JobSpec;
  /** For `simulate`. */
  readonly seed: string;
  readonly nodeHours: number;
}

interface Platform {
  readonly products: readonly ProductName[];
  readonly format: CsvFormat;
}

const times = (count: number, product: ProductName): readonly ProductName[] =>
  Array.from({ length: count }, () => product);

const OLD_CSV: CsvFormat = {
  ...FULL_CSV,
  reasons: 'clocks_throttle_reasons',
  counters: false,
  applicationClocks: true,
  // Before Ampere no GPU remaps rows.
  remappedRows: false,
};

const PLATFORMS: readonly Platform[] = [
  { products: times(4, 'h100'), format: FULL_CSV },
  { products: times(8, 'h200'), format: FULL_CSV },
  { products: times(1, 'h100'), format: FULL_CSV },
  { products: times(2, 'b200'), format: FULL_CSV },
  { products: times(4, 'gb200'), format: FULL_CSV },
  { products: times(2, 'a100'), format: { ...OLD_CSV, units: false } },
  { products: times(8, 'v100'), format: OLD_CSV },
  { products: ['h100', 'h100', 'h200', 'h200'], format: FULL_CSV },
  { products: times(4, 'h100'), format: { ...FULL_CSV, columns: 'few' } },
  { products: times(16, 'h100'), format: { ...FULL_CSV, applicationClocks: true } },
];

const oneOf = <T>(values: readonly T[], turn: number): T => values[turn % values.length] as T;

const HOUR = 3600;
/** Nodes come and go, drivers are reloaded, series end, samples lie: nothing of it makes a GPU slow. */
const DISTURBED = (random: Random, nodes: number, durationSeconds: number): JobSpec['disturbances'] => {
  const node = Math.floor(random() * nodes);
  const atSeconds = between(random, 0.3, 0.8) * durationSeconds;
  const one = [{ node, atSeconds }];
  const none: typeof one = [];
  const what = Math.floor(random() * 6);
  return {
    lostScrapes: pick(random, [0.002, 0.01, 0.05]),
    stallsPerHour: pick(random, [0.1, 1]),
    spikesPerHour: pick(random, [0.05, 1]),
    counterResets: what === 0 ? one : none,
    joins: what === 1 && nodes > 2 ? one : none,
    leaves: what === 2 && nodes > 2 ? one : none,
    vanished: what === 3 ? [{ ...one[0], node, atSeconds, gpu: Math.floor(random() * 4) }] : [],
  };
};

const jobOf = (
  jobId: string,
  platform: Platform,
  workload: WorkloadName,
  durationSeconds: number,
  random: Random,
): JobSpec => {
  const { products } = platform;
  const seats = products.map((name) => PRODUCTS[name].gpusPerNode);
  const gpus = seats.reduce((sum, count) => sum + count, 0);
  return {
    jobId,
    products,
    workload: workloadOf(workload, random, seats[0] ?? 8, gpus),
    durationSeconds,
    intervalSeconds: random() < 0.25 ? 5 : 15,
    loadNoise: 0.02,
    rolesKnown: random() < 0.3,
    faults: [],
    format: platform.format,
    disturbances: USUAL_DISTURBANCES,
  };
};

/** Two jobs share the nodes of every eighth healthy job, four GPUs each. */
const withNeighbour = (job: JobSpec, random: Random): JobSpec => {
  const name = pick(random, ['data_parallel', 'inference', 'mpi_one_gpu'] as const);
  const own = workloadOf(pick(random, ['data_parallel', 'long_context'] as const), random, 4, 4 * job.products.length);
  return {
    ...job,
    workload: own,
    neighbour: {
      jobId: `${job.jobId}-neighbour`,
      workload: workloadOf(name, random, 4, 4 * job.products.length),
      firstGpu: 4,
    },
  };
};

const nodeHoursOf = (job: JobSpec): number => (job.products.length * job.durationSeconds) / HOUR;

const workloadsOf = (set: SetName): readonly WorkloadName[] =>
  set === 'reporting' ? WORKLOAD_NAMES : WORKLOAD_NAMES.filter((name) => !HELD_OUT.workloads.includes(name));

export const faultsOf = (set: SetName): readonly FaultKind[] =>
  set === 'reporting' ? FAULT_KINDS : FAULT_KINDS.filter((kind) => !HELD_OUT.faults.includes(kind));

const HEALTHY_HOURS = 12;
/** Node-hours without a fault at scale 1. */
const HEALTHY_NODE_HOURS: Readonly<Record<SetName, number>> = { tuning: 8000, reporting: 32_000 };

const healthyScenarios = (set: SetName, scale: number): readonly Scenario[] => {
  const scenarios: Scenario[] = [];
  const workloads = workloadsOf(set);
  let hours = 0;
  for (let turn = 0; hours < HEALTHY_NODE_HOURS[set] * scale; turn++) {
    const id = `${set}-healthy-${turn}`;
    const random = randomOf(id);
    const name = oneOf(workloads, turn);
    // Strides without a common divisor, so that each workload meets each platform and each noise.
    const platform = oneOf(PLATFORMS, turn + Math.floor(turn / PLATFORMS.length));
    const noise = oneOf(LOAD_NOISES, Math.floor(turn / workloads.length));
    const plain = jobOf(id, platform, name, HEALTHY_HOURS * HOUR, random);
    const shared = turn % 8 === 7 && platform.products.every((product) => PRODUCTS[product].gpusPerNode === 8);
    const placed = shared ? withNeighbour(plain, random) : plain;
    const job = {
      ...placed,
      intervalSeconds: 15,
      loadNoise: noise,
      ...(turn % 3 === 2 ? { disturbances: DISTURBED(random, plain.products.length, plain.durationSeconds) } : {}),
    };
    const workload = job.workload.name;
    scenarios.push({
      id,
      set,
      kind: 'healthy',
      workload,
      noise: `${noise * 100} %`,
      heldOut: HELD_OUT.workloads.includes(workload),
      job,
      seed: id,
      nodeHours: nodeHoursOf(job),
    });
    hours += nodeHoursOf(job);
  }
  return scenarios;
};

const WITH_GPU: readonly FaultKind[] = [
  'thermal',
  'power_limit',
  'locked_clocks',
  'pcie_width',
  'pcie_generation',
  'nvlink_lane',
  'infiniband_rate',
  'infiniband_width',
  'infiniband_flap',
  'remapped_rows',
];
/** Of the one GPU in some jobs, of the whole node in others. */
const EITHER: readonly FaultKind[] = ['power_brake', 'loader_stall'];
/** What acts through waiting needs somebody who waits. */
const CLOCK_FAULTS: readonly FaultKind[] = ['thermal', 'power_limit', 'power_brake', 'locked_clocks', 'remapped_rows'];
const BETWEEN_NODES: readonly FaultKind[] = [
  'hot_inlet',
  'infiniband_rate',
  'infiniband_width',
  'infiniband_flap',
  'wrong_rail',
  'slow_node',
];
/** nvidia-smi refuses limits below the board's minimum, so a lowered limit cannot cost more. */
const MOST_BY_LIMIT = 0.2;

const FAULT_HOURS = 4;
const RAMP_SECONDS = 2 * HOUR;

const onsetOf = (turn: number, random: Random): Onset => {
  const atSeconds = Math.round(between(random, 0.8, 1.3) * HOUR);
  switch (turn % 4) {
    case 0:
      return { shape: 'step', atSeconds };
    case 1:
      return { shape: 'ramp', atSeconds, rampSeconds: RAMP_SECONDS };
    case 2:
      return {
        shape: 'intermittent',
        atSeconds,
        periodSeconds: between(random, 300, 1800),
        duty: between(random, 0.1, 0.5),
      };
    default:
      return { shape: 'start' };
  }
};

const faultOf = (kind: FaultKind, jobSlowdown: number, job: JobSpec, turn: number, random: Random): FaultSpec => {
  const node = Math.floor(random() * job.products.length);
  const perNode = PRODUCTS[job.products[node] ?? 'h100'].gpusPerNode;
  const onGpu = WITH_GPU.includes(kind) || (EITHER.includes(kind) && turn % 2 === 0);
  const gpu = job.workload.name === 'mpi_one_gpu' ? 0 : Math.floor(random() * perNode);
  const onset = onsetOf(turn, random);
  return {
    kind,
    node,
    jobSlowdown,
    onset,
    ...(onGpu ? { gpu } : {}),
    ...(onset.shape === 'step' && random() < 0.5 ? { clearSeconds: onset.atSeconds + 1.6 * HOUR } : {}),
  };
};

const REPEATS = 12;

const fits = (kind: FaultKind, workload: WorkloadName): boolean =>
  CLOCK_FAULTS.includes(kind) ? true : workload !== 'inference' && workload !== 'mpi_one_gpu';

const faultScenarios = (set: SetName, scale: number): readonly Scenario[] => {
  const repeats = Math.max(1, Math.round(REPEATS * scale));
  const kinds = faultsOf(set);
  return kinds.flatMap((kind, position) => {
    const workloads = workloadsOf(set).filter((name) => fits(kind, name));
    const platforms = PLATFORMS.filter(({ products }) => products.length > 1 || !BETWEEN_NODES.includes(kind));
    const severities = SEVERITIES.filter((severity) => kind !== 'power_limit' || severity <= MOST_BY_LIMIT);
    return severities.flatMap((severity, step) =>
      Array.from({ length: repeats }, (_, repeat): Scenario => {
        const turn = repeat + repeats * step;
        const id = `${set}-${kind}-${severity * 100}-${repeat}`;
        const random = randomOf(id);
        const name = oneOf(workloads, turn + position);
        const noise = oneOf(LOAD_NOISES, repeat + step);
        const platform = oneOf(platforms, 3 * turn + position + Math.floor(turn / platforms.length));
        const plain = { ...jobOf(id, platform, name, FAULT_HOURS * HOUR, random), loadNoise: noise };
        const job = { ...plain, faults: [faultOf(kind, severity, plain, turn, random)] };
        return {
          id,
          set,
          kind: 'fault',
          workload: name,
          noise: `${noise * 100} %`,
          heldOut: HELD_OUT.faults.includes(kind) || HELD_OUT.workloads.includes(name),
          job,
          seed: id,
          nodeHours: nodeHoursOf(job),
        };
      }),
    );
  });
};

/** Two machines are ill at once, by different causes. */
const twoFaultScenarios = (set: SetName, scale: number): readonly Scenario[] =>
  Array.from({ length: Math.max(1, Math.round(2 * REPEATS * scale)) }, (_, turn): Scenario => {
    const id = `${set}-two-${turn}`;
    const random = randomOf(id);
    const kinds = faultsOf(set).filter((kind) => CLOCK_FAULTS.includes(kind) || kind === 'cpu_hog');
    const noise = oneOf(LOAD_NOISES, turn);
    const platform = oneOf(
      PLATFORMS.filter(({ products }) => products.length >= 4),
      turn,
    );
    const plain = { ...jobOf(id, platform, 'data_parallel', FAULT_HOURS * HOUR, random), loadNoise: noise };
    const [one, other] = [oneOf(kinds, turn), oneOf(kinds, turn + 1)];
    const first = { ...faultOf(one, pick(random, [0.1, 0.2]), plain, 0, random), node: 0 };
    const second = { ...faultOf(other, pick(random, [0.1, 0.2]), plain, 0, random), node: plain.products.length - 1 };
    const job = { ...plain, faults: [first, second] };
    return {
      id,
      set,
      kind: 'two_faults',
      workload: 'data_parallel',
      noise: `${noise * 100} %`,
      heldOut: [one, other].some((kind) => HELD_OUT.faults.includes(kind)),
      job,
      seed: id,
      nodeHours: nodeHoursOf(job),
    };
  });

/**
 * The scenarios of a set, the same ones each time. At scale 1 the reporting set has 32,000 healthy node-hours and twelve
 * jobs for each fault and severity; a smaller scale has fewer of each, but every fault and severity at least once.
 */
export const suite = (set: SetName, scale = 1): readonly Scenario[] => [
  ...healthyScenarios(set, scale),
  ...faultScenarios(set, scale),
  ...twoFaultScenarios(set, scale),
];
