/** What a lower clock costs, as an interval: never one number, since the share of compute in a step is the job's. */
export const clockSlowdown = (clockRatio: number): string => {
  const full = 1 / clockRatio - 1;
  return `0–${Math.round(full * 150)} %, most likely ${Math.round(full * COMPUTE_SHARE * 100)} %`;
};

/**
 * Compute-bound time grows as the clock falls (slope −1.00 on the 84 nodes of Longhorn: "Not All GPUs Are Created
 * Equal", SC22, per-GPU data); a training step is partly communication, of which nothing is known before the job.
 */
const COMPUTE_SHARE = 0.6;

/**
 * What a slower link costs: what crosses it takes 1/ratio as long, by arithmetic, and the rest of the step nothing. How
 * much of a step waits for the link is the job's, so that no value within the interval is likelier than another.
 */
export const rateSlowdown = (rateRatio: number): string =>
  rateRatio > 0 ? `0–${Math.round((1 / rateRatio - 1) * 100)} %, by how much of a step waits for the link` : STOPPED;

/** A link that carries nothing. */
const STOPPED = 'unknown: nothing crosses this link';

export const UNKNOWN_SLOWDOWN = 'unknown before a job runs';
