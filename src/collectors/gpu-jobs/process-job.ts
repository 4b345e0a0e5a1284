import type { Host } from '../../api.ts';
import { podOf, slurmJobOf } from '../../parse/cgroup.ts';
import { jobEnvironment } from '../../parse/job-environment.ts';

/** A job, and what the process is in it as far as that is told. */
export interface ProcessJob {
  readonly jobId: string;
  readonly role?: string;
  readonly rank?: number;
}

/**
 * The job of a process. Slurm's control group comes first, for the kernel vouches for it. What the environment says comes
 * before the pod: a pod is one node's part of a job, a job id names all of it. A process that has ended or may not be
 * looked at has no job; that is no error.
 */
export const processJob = async (host: Pick<Host, 'read'>, pid: number): Promise<ProcessJob | undefined> => {
  const [cgroup, environ] = await Promise.all([host.read(`/proc/${pid}/cgroup`), host.read(`/proc/${pid}/environ`)]);
  const { jobId: named, ...told } = environ.ok ? jobEnvironment(environ.value) : {};
  const held = cgroup.ok ? slurmJobOf(cgroup.value) : undefined;
  const jobId = held ?? named ?? (cgroup.ok ? podOf(cgroup.value) : undefined);
  return jobId === undefined ? undefined : { jobId, ...told };
};
