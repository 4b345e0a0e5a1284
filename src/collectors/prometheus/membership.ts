import type { Minutes } from '../../parse/prometheus/minutes.ts';
import { type MergedGpu, teller } from './merged-gpu.ts';

const heldJob = (
  { records }: MergedGpu,
  minute: number,
): { readonly jobId: string; readonly role: string } | undefined => {
  for (const { jobs } of records) {
    const job = jobs.find(({ held }) => held[minute] === 1);
    if (job !== undefined) return job;
  }
  return undefined;
};

const ofNoJob = (gpu: MergedGpu, minutes: Minutes): readonly (string | undefined)[] => {
  let seen = false;
  return Array.from({ length: minutes.count }, (_, minute) => {
    seen ||= teller(gpu, minutes, minute) !== undefined;
    return seen ? 'all' : undefined;
  });
};

/**
 * The role of the GPU in the job at each minute, or undefined where it has no part in it. A GPU that falls silent stays
 * in its job: what vanished would otherwise look best of all. One that reports without a job has left it.
 */
export const rolesIn = (gpu: MergedGpu, jobId: string, minutes: Minutes): readonly (string | undefined)[] => {
  if (jobId === '') return ofNoJob(gpu, minutes);
  let role: string | undefined;
  return Array.from({ length: minutes.count }, (_, minute) => {
    const job = heldJob(gpu, minute);
    if (job !== undefined) role = job.jobId === jobId ? job.role : undefined;
    else if (teller(gpu, minutes, minute) !== undefined) role = undefined;
    return role;
  });
};

/** Whether the GPU belongs to the job in any of the minutes; to none where it never had one. */
export const isOf = ({ records }: MergedGpu, jobId: string): boolean =>
  jobId === ''
    ? records.every(({ jobs }) => jobs.length === 0)
    : records.some(({ jobs }) => jobs.some((job) => job.jobId === jobId));
