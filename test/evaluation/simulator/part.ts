import { type Barrier, barrierOf } from './barrier.ts';
import { type GpuState, POWER_EXPONENT } from './gpu-state.ts';
import { type Layout, layoutOf } from './layout.ts';
import { normal, type Random } from './random.ts';
import { type Activity, type Segment, scheduleOf } from './schedule.ts';
import type { Workload } from './workload.ts';

/** One job on its GPUs: what all its ranks share while it is simulated. */
export interface PartState {
  readonly jobId: string;
  readonly workload: Workload;
  /** In order of rank. */
  readonly gpus: readonly GpuState[];
  readonly layout: Layout;
  readonly barrier: Barrier;
  readonly schedule: readonly Segment[];
  readonly own: Float64Array;
  readonly ownWithoutFaults: Float64Array;
  /** Load of experts by rank, now and where it drifts to. */
  readonly routing: { from: Float64Array; to: Float64Array; startedAt: number };
  segment: number;
  activity: Activity;
  activitySince: number;
  activityUntil: number;
  slowerCommunication: number;
  stepSeconds: number;
  stepSecondsWithoutFaults: number;
  /** Steps done; the fraction is the position inside the step. */
  steps: number;
}

export const clockRatio = (roomWatts: number, demandWatts: number): number =>
  demandWatts > roomWatts ? (roomWatts / demandWatts) ** (1 / POWER_EXPONENT) : 1;

/** Below this a step is over before the power controller reacts, and the mean load counts (controller of about 1 s). */
export const SHORT_STEP_SECONDS = 1;

export const meanLoad = (workload: Workload, load: number): number =>
  workload.stepSeconds >= SHORT_STEP_SECONDS
    ? load
    : load * workload.computeShare + workload.spinLoad * workload.communicationShare;

/** Zipf's law over a random order of ranks, with mean 1. */
const zipf = (ranks: number, strength: number, random: Random): Float64Array => {
  const order = Array.from({ length: ranks }, (_, i) => ({ i, key: random() })).sort((a, b) => a.key - b.key);
  const weights = new Float64Array(ranks);
  order.forEach(({ i }, position) => {
    weights[i] = 1 / (position + 1);
  });
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / ranks;
  // Capacity factors drop tokens above a multiple of the mean.
  return weights.map((weight) => 1 + strength * (Math.min(weight / mean, 4) - 1));
};

export const drawRouting = (part: Pick<PartState, 'workload' | 'gpus'>, random: Random): Float64Array =>
  zipf(part.gpus.length, part.workload.routing.strength, random);

/** Seconds of compute of a rank at its usual clock, without noise. */
export const usualCompute = (workload: Workload, gpu: GpuState): number =>
  (workload.stepSeconds * workload.computeShare * gpu.place.role.time * gpu.ownFactor) / gpu.speed;

export const createPart = (
  jobId: string,
  workload: Workload,
  makeGpus: (layout: Layout) => readonly GpuState[],
  ranks: number,
  durationSeconds: number,
  random: Random,
): PartState => {
  const layout = layoutOf(workload, ranks);
  const gpus = makeGpus(layout);
  for (const gpu of gpus) {
    const { idleWatts, limitWatts, tensorWatts } = gpu.product;
    const load = meanLoad(workload, workload.load * gpu.place.role.load);
    gpu.usualClock = clockRatio(limitWatts - idleWatts, gpu.dynamicWatts * load);
    gpu.meanClock = clockRatio(limitWatts - idleWatts, tensorWatts * load);
  }
  return {
    jobId,
    workload,
    gpus,
    layout,
    barrier: barrierOf(layout, workload.microbatches),
    schedule: scheduleOf(workload, durationSeconds, random),
    own: new Float64Array(ranks),
    ownWithoutFaults: new Float64Array(ranks),
    routing: {
      from: zipf(ranks, workload.routing.strength, random),
      to: zipf(ranks, workload.routing.strength, random),
      startedAt: 0,
    },
    segment: 0,
    activity: 'train',
    activitySince: 0,
    activityUntil: 0,
    slowerCommunication: 1,
    stepSeconds: workload.stepSeconds,
    stepSecondsWithoutFaults: workload.stepSeconds,
    steps: random(),
  };
};

export const sequenceFactors = (part: PartState, intervalSeconds: number, random: Random): Float64Array => {
  const { replicas } = part.layout;
  const steps = Math.max(1, intervalSeconds / part.stepSeconds);
  return Float64Array.from({ length: replicas }, () =>
    Math.max(0.5, 1 + (part.workload.sequenceNoise / Math.sqrt(steps)) * normal(random)),
  );
};
