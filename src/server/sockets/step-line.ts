import * as v from 'valibot';

/** What a job posts, checked. */
export interface PostedStep {
  readonly jobId: string;
  readonly rank: number;
  readonly step: number;
  readonly seconds: number;
  readonly role?: string;
}

const integer = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));

/** Visible ASCII: job ids of Slurm (`123_4`) and Kubernetes (a UID) are, and they become labels. */
const visible = (maxLength: number) => v.pipe(v.string(), v.regex(/^[\x20-\x7e]+$/), v.maxLength(maxLength));

const STEP = v.strictObject({
  job_id: visible(64),
  rank: integer(1_000_000),
  step: integer(Number.MAX_SAFE_INTEGER),
  seconds: v.pipe(v.number(), v.finite(), v.gtValue(0), v.ltValue(100_000)),
  role: v.exactOptional(visible(32)),
});

export const STEP_SHAPE =
  '{"job_id":"123","rank":5,"step":1042,"seconds":3.21,"role":"dp"}: job_id of at most 64 and role (optional) of at most 32 visible characters, rank at most 1000000, step at most 9007199254740991, seconds above 0 and below 100000';

/** A line of the job socket; undefined for everything that is not exactly a step time. */
export const parseStep = (line: string): PostedStep | undefined => {
  try {
    const result = v.safeParse(STEP, JSON.parse(line), { abortEarly: true });
    if (!result.success) return undefined;
    const { job_id: jobId, ...rest } = result.output;
    return { jobId, ...rest };
  } catch {
    return undefined;
  }
};
