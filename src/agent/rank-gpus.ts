import type { Component, RankStep, StepTime } from '../api.ts';

/** A GPU with the job that works on it; `rank` where the process said it. */
export interface GpuAtWork {
  readonly ref: Component;
  readonly jobId: string;
  readonly rank?: number;
  readonly role?: string;
}

const byJob = <T extends { readonly jobId: string }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.jobId);
    if (group === undefined) groups.set(item.jobId, [item]);
    else group.push(item);
  }
  return groups;
};

const indexOf = ({ ref }: GpuAtWork): number => ref.index ?? Number.POSITIVE_INFINITY;

/**
 * Which GPU each rank of a job works on: as the environment of its process says (RANK). For the rest, where as many ranks
 * post step times here as GPUs of the job are here, in order, as most launchers deal them out; where a rank that was told
 * breaks that order this job's ranks were dealt out otherwise, and nothing is guessed.
 */
const gpusOfRanks = (ranks: readonly number[], gpus: readonly GpuAtWork[]): ReadonlyMap<number, GpuAtWork> => {
  const told = new Map<number, GpuAtWork>();
  for (const gpu of gpus) if (gpu.rank !== undefined) told.set(gpu.rank, gpu);
  if (told.size === gpus.length || ranks.length !== gpus.length) return told;
  const inOrder = [...gpus].sort((a, b) => indexOf(a) - indexOf(b));
  const agrees = inOrder.every(({ rank }, i) => rank === undefined || rank === ranks[i]);
  if (!agrees) return told;
  return new Map(ranks.flatMap((rank, i) => (inOrder[i] === undefined ? [] : [[rank, inOrder[i]] as const])));
};

export interface RanksOfJobs {
  /** By job. */
  readonly steps: ReadonlyMap<string, readonly RankStep[]>;
  /** The role that the rank of a GPU posted, by the GPU's key. */
  readonly roles: ReadonlyMap<string, string>;
}

/** Step times, with the GPU of each rank where it is known. */
export const ranksOfJobs = (times: readonly StepTime[], gpus: readonly GpuAtWork[]): RanksOfJobs => {
  const roles = new Map<string, string>();
  const steps = new Map<string, readonly RankStep[]>();
  const atWork = byJob(gpus);
  for (const [jobId, ofJob] of byJob(times)) {
    const ranks = [...new Set(ofJob.map(({ rank }) => rank))].sort((a, b) => a - b);
    const gpuOf = gpusOfRanks(ranks, atWork.get(jobId) ?? []);
    steps.set(
      jobId,
      ofJob.map(({ step, rank, seconds, role }): RankStep => {
        const gpu = gpuOf.get(rank);
        if (gpu !== undefined && role !== undefined) roles.set(gpu.ref.key, role);
        return {
          step,
          rank,
          seconds,
          ...(role === undefined ? {} : { role }),
          ...(gpu?.ref.index === undefined ? {} : { gpu: gpu.ref.index }),
        };
      }),
    );
  }
  return { steps, roles };
};
