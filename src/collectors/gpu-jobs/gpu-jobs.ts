import type { Component, Gpu, GpuProcess, Host } from '../../api.ts';
import { mappedJobs } from './mapped-jobs.ts';
import { type ProcessJob, processJob } from './process-job.ts';

export interface GpuJob extends ProcessJob {
  readonly ref: Component;
}

/** A rank has one process a GPU, seldom a few; more are workers of the same job, or somebody's fork bomb. */
const MOST_PROCESSES = 8;

const computes = ({ type }: GpuProcess): boolean => type.split('+').includes('C');
const memoryOf = ({ memoryBytes }: GpuProcess): number => (memoryBytes.ok ? memoryBytes.value : 0);

/** The compute processes that hold the most memory. */
const largest = ({ processes }: Gpu): readonly GpuProcess[] =>
  processes.ok
    ? processes.value
        .filter(computes)
        .sort((a, b) => memoryOf(b) - memoryOf(a))
        .slice(0, MOST_PROCESSES)
    : [];

/**
 * Of several jobs on one GPU the one that holds the most memory: a training job fills the GPU, beside it stands what only
 * looks on (a notebook, an MPS server, the last process of a job that has ended).
 */
const mainJob = async (host: Pick<Host, 'read'>, gpu: Gpu): Promise<ProcessJob | undefined> => {
  const found = new Map<string, { readonly job: ProcessJob; bytes: number }>();
  for (const process of largest(gpu)) {
    const job = await processJob(host, process.pid);
    if (job === undefined) continue;
    const known = found.get(job.jobId);
    if (known === undefined) found.set(job.jobId, { job, bytes: memoryOf(process) });
    else known.bytes += memoryOf(process);
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes)[0]?.job;
};

/**
 * Which job works on which GPU: by its processes, else by the job mapping directory. At most one a GPU; GPUs without one
 * are not listed.
 */
export const readGpuJobs = async (
  host: Pick<Host, 'read'>,
  gpus: readonly Gpu[],
  o: { readonly mappingDirectory?: string } = {},
): Promise<readonly GpuJob[]> => {
  const found = await Promise.all(gpus.map(async (gpu) => ({ gpu, job: await mainJob(host, gpu) })));
  const without = found.flatMap(({ gpu, job }) =>
    job === undefined && gpu.ref.index !== undefined ? [gpu.ref.index] : [],
  );
  const mapped = o.mappingDirectory === undefined ? undefined : await mappedJobs(host, o.mappingDirectory, without);
  return found.flatMap(({ gpu: { ref }, job }): GpuJob[] => {
    if (job !== undefined) return [{ ref, ...job }];
    const jobId = ref.index === undefined ? undefined : mapped?.get(ref.index);
    return jobId === undefined ? [] : [{ ref, jobId }];
  });
};
