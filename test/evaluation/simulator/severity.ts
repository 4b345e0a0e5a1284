import type { Mechanism } from './fault-profiles.ts';
import type { GpuState } from './gpu-state.ts';
import { type PartState, usualCompute } from './part.ts';
import { normal, type Random } from './random.ts';

/** How hard a GPU is hit against the one that is hit hardest. */
export interface Culprit {
  readonly gpu: GpuState;
  readonly weight: number;
}

const DRAWS = 48;
const ROUNDS = 22;

/** Own seconds of a rank under a fault of this level: compute takes (1 + level) times, or the host adds level steps. */
const ownSeconds = (part: PartState, gpu: GpuState, mechanism: Mechanism, level: number): number => {
  const { stepSeconds, gapShare, clockBound } = part.workload;
  const compute = usualCompute(part.workload, gpu) * ((clockBound * gpu.meanClock) / gpu.usualClock + 1 - clockBound);
  const gap = stepSeconds * gapShare;
  if (mechanism === 'communication') return compute + gap;
  return mechanism === 'gap' || mechanism === 'rotating_gap'
    ? compute + gap + level * stepSeconds
    : compute * (1 + level) + gap;
};

/**
 * The level at which the job as a whole is slower by the wanted share: found through the barrier, with the noise of the
 * ranks, because a culprit first has to catch up with the rank that is the slowest anyway.
 */
export const levelFor = (
  part: PartState,
  culprits: readonly Culprit[],
  mechanism: Mechanism,
  loadNoise: number,
  jobSlowdown: number,
  random: Random,
): number => {
  const { workload, gpus, barrier } = part;
  const communication = workload.stepSeconds * workload.communicationShare;
  if (mechanism === 'communication') {
    const step = barrier.stepOf(gpus.map((gpu) => ownSeconds(part, gpu, mechanism, 0)));
    return (jobSlowdown * (step + communication)) / communication;
  }
  const spread = Math.hypot(
    workload.stepNoise,
    0.25 * loadNoise,
    workload.sequenceNoise,
    0.5 * workload.routing.strength,
  );
  const noise = Array.from({ length: DRAWS }, () => Float64Array.from(gpus, () => 1 + spread * normal(random)));
  const own = new Float64Array(gpus.length);
  const usual = gpus.map((gpu) => ownSeconds(part, gpu, mechanism, 0));
  const stepAt = (level: number): number => {
    let sum = 0;
    noise.forEach((factors, draw) => {
      for (let rank = 0; rank < own.length; rank++) own[rank] = (usual[rank] as number) * (factors[rank] as number);
      const hit = mechanism === 'rotating_gap' ? culprits.slice(draw % culprits.length).slice(0, 1) : culprits;
      for (const { gpu, weight } of hit) {
        own[gpu.rank] = ownSeconds(part, gpu, mechanism, level * weight) * (factors[gpu.rank] as number);
      }
      sum += barrier.stepOf(own);
    });
    return sum / DRAWS + communication;
  };
  if (workload.barrier === 'none')
    return mechanism === 'gap' ? jobSlowdown * (1 - workload.communicationShare) : jobSlowdown;
  const wanted = stepAt(0) * (1 + jobSlowdown);
  let low = 0;
  let high = 40;
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2;
    if (stepAt(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};
