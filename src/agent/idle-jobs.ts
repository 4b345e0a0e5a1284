import type { GpuMinute, StragglerWatch } from '../api.ts';

/** Of a window: less is a display, a monitor, a health check. A job that hangs in NCCL spins and shows 100 %. */
const IDLE_BELOW = 0.05;

/** GPUs of which no window came may be at work. */
const isIdle = ({ window }: GpuMinute): boolean => (window?.busyRatio ?? 1) < IDLE_BELOW;

/**
 * What is said of jobs at work. The detector keeps what it said last of a job that pauses, for it has seen nothing else;
 * where no GPU of the job does anything any more nobody is held back, and its last words would stand for ever.
 */
export const withoutIdleJobs = (watch: StragglerWatch, minutes: readonly GpuMinute[]): StragglerWatch => {
  const working = new Set(minutes.filter((minute) => !isIdle(minute)).map(({ jobId }) => jobId));
  const jobOf = new Map(minutes.map(({ ref, jobId }) => [ref.key, jobId]));
  return {
    jobs: watch.jobs.map((job) =>
      working.has(job.jobId)
        ? job
        : { ...job, verdict: 'cannot_tell', reason: 'its GPUs are idle: nobody is held back', stragglers: [] },
    ),
    relativePerformance: watch.relativePerformance.filter(({ component }) =>
      working.has(jobOf.get(component.key) ?? ''),
    ),
  };
};
