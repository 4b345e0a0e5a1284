import { between, pick, type Random } from './random.ts';

export const WORKLOAD_NAMES = [
  'data_parallel',
  'fsdp',
  'three_d_parallel',
  'pipeline_in_node',
  'expert_parallel',
  'long_context',
  'reinforcement',
  'two_roles',
  'mpi_one_gpu',
  'inference',
] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** What a rank does differently by design. */
export interface Role {
  readonly name: string;
  /** Compute time against the others. */
  readonly time: number;
  /** Power while computing against the others. */
  readonly load: number;
}

/** Seconds between, and length. */
export interface Pause {
  readonly everySeconds: number;
  readonly seconds: number;
}

/** What a job does in a step, and what it does besides. */
export interface Workload {
  readonly name: WorkloadName;
  readonly stepSeconds: number;
  /** Shares of a step of a rank of usual speed: host gaps, kernels that compute, exposed communication; they sum to 1. */
  readonly gapShare: number;
  readonly computeShare: number;
  readonly communicationShare: number;
  /** How much of the compute time follows the SM clock. */
  readonly clockBound: number;
  /** Power while computing, and while spinning in a collective, as a share of all tensor cores busy. */
  readonly load: number;
  readonly spinLoad: number;
  /** `none`: nobody waits for anybody. */
  readonly barrier: 'step' | 'none';
  readonly tensorParallel: number;
  readonly pipelineStages: number;
  readonly microbatches: number;
  /** Stages run through a node before replicas do. */
  readonly pipelineInNode: boolean;
  readonly roleOf: (stage: number, stages: number, replica: number, replicas: number) => Role;
  /** Standard deviation of a step of one rank against another. */
  readonly stepNoise: number;
  /** Sequence lengths differ by replica and step. */
  readonly sequenceNoise: number;
  /** Zipf-shaped load of experts, that moves to other ranks. */
  readonly routing: { readonly strength: number; readonly driftSeconds: number };
  readonly checkpoint?: Pause;
  readonly evaluation?: Pause;
  readonly rollout?: Pause;
  readonly restart?: Pause;
  readonly idle?: Pause;
}

const PLAIN: Role = { name: 'all', time: 1, load: 1 };

const BASE: Omit<Workload, 'name' | 'stepSeconds'> = {
  gapShare: 0.02,
  computeShare: 0.83,
  communicationShare: 0.15,
  clockBound: 0.85,
  load: 0.86,
  // A spinning collective keeps SMs polling: medium power. INVENTED level; production captures differ by size.
  spinLoad: 0.26,
  barrier: 'step',
  tensorParallel: 1,
  pipelineStages: 1,
  microbatches: 1,
  pipelineInNode: false,
  roleOf: () => PLAIN,
  stepNoise: 0.006,
  sequenceNoise: 0,
  routing: { strength: 0, driftSeconds: 0 },
};

/** The last stage computes the vocabulary's logits and loss (1.1–2x), the first has the embedding and is lighter. */
const stages =
  (last: number, first: number) =>
  (stage: number, count: number): Role =>
    stage === count - 1
      ? { name: `stage-${stage}`, time: last, load: 1.03 }
      : stage === 0
        ? { name: 'stage-0', time: first, load: 0.97 }
        : { name: `stage-${stage}`, time: 1, load: 1 };

const usualPauses = (random: Random): Pick<Workload, 'checkpoint'> => ({
  checkpoint: { everySeconds: between(random, 900, 3600), seconds: between(random, 30, 300) },
});

const occasional = (random: Random): Partial<Pick<Workload, 'evaluation' | 'restart' | 'idle'>> => ({
  ...(random() < 0.5
    ? { evaluation: { everySeconds: between(random, 2400, 7200), seconds: between(random, 60, 480) } }
    : {}),
  ...(random() < 0.3
    ? { restart: { everySeconds: between(random, 7200, 28_800), seconds: between(random, 90, 400) } }
    : {}),
  ...(random() < 0.2
    ? { idle: { everySeconds: between(random, 5400, 14_400), seconds: between(random, 120, 1500) } }
    : {}),
});

/** One job of a kind; what varies from job to job is drawn. `gpusPerNode` fits groups into nodes. */
export const workloadOf = (name: WorkloadName, random: Random, gpusPerNode: number, gpus: number): Workload => {
  const common = {
    ...BASE,
    name,
    load: between(random, 0.62, 0.97),
    clockBound: between(random, 0.65, 1),
    stepSeconds: Math.exp(between(random, Math.log(0.4), Math.log(40))),
    ...usualPauses(random),
    ...occasional(random),
  };
  switch (name) {
    case 'data_parallel':
      return common;
    case 'fsdp':
      return { ...common, gapShare: 0.015, computeShare: 0.885, communicationShare: 0.1 };
    case 'three_d_parallel': {
      const pipelineStages = [4, 2, 1].find(
        (count) => gpus % (gpusPerNode * count) === 0 && gpus >= gpusPerNode * count,
      );
      return {
        ...common,
        tensorParallel: gpusPerNode,
        pipelineStages: pipelineStages ?? 1,
        microbatches: pick(random, [8, 16, 32]),
        roleOf: stages(between(random, 1.1, 2), between(random, 0.85, 1)),
      };
    }
    case 'pipeline_in_node': {
      const tensorParallel = gpusPerNode >= 8 ? pick(random, [1, 2]) : 1;
      return {
        ...common,
        tensorParallel,
        pipelineStages: gpusPerNode / tensorParallel,
        microbatches: pick(random, [16, 32]),
        pipelineInNode: true,
        roleOf: stages(between(random, 1.1, 2), between(random, 0.85, 1)),
      };
    }
    case 'expert_parallel':
      return {
        ...common,
        computeShare: 0.68,
        communicationShare: 0.3,
        routing: { strength: between(random, 0.03, 0.12), driftSeconds: between(random, 900, 3600) },
      };
    case 'long_context':
      return { ...common, sequenceNoise: 0.12, stepSeconds: between(random, 3, 60) };
    case 'reinforcement':
      return { ...common, rollout: { everySeconds: between(random, 180, 700), seconds: between(random, 90, 400) } };
    case 'two_roles': {
      const [time, load] = [between(random, 0.75, 0.95), between(random, 0.75, 1.1)];
      const share = pick(random, [0.25, 0.5]);
      return {
        ...common,
        roleOf: (_stage, _stages, replica, replicas) =>
          replica < share * replicas ? { name: 'encoder', time, load } : { name: 'decoder', time: 1, load: 1 },
      };
    }
    case 'mpi_one_gpu':
      return { ...common, barrier: 'none', load: between(random, 0.4, 0.9) };
    case 'inference':
      return { ...common, barrier: 'none', load: between(random, 0.35, 0.7), clockBound: 0.5 };
  }
};
