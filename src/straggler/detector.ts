import type { Frame, GpuMinute, JobVerdict, RankStep, StragglerWatch } from '../api.ts';
import { groupBy } from './group-by.ts';
import { createJobWatch, type JobWatch } from './job.ts';
import { type Baselines, createBaselines } from './slots.ts';
import { judgeSteps, type StepEvidence } from './step-times.ts';

/** Names the straggler, or says that there is none; fed with one frame a minute, of whatever source. */
export interface Detector {
  /** Takes a frame without a verdict: where only the last of several minutes is asked for. */
  add(frame: Frame): void;
  /** Takes a frame and judges; `steps`: the latest step times by job. */
  next(frame: Frame, steps?: ReadonlyMap<string, readonly RankStep[]>): StragglerWatch;
  readonly baselines: Pick<Baselines, 'save' | 'restore'>;
}

/** A job that has been gone for this long is over. */
const FORGOTTEN_MS = 3_600_000;

export const createDetector = (
  o: {
    /** Whether healthy deviations are remembered by board and slot; not where the past is minutes long. */
    readonly learn?: boolean;
  } = {},
): Detector => {
  const baselines = createBaselines();
  const jobs = new Map<string, { readonly watch: JobWatch; lastAt: number }>();
  let isFirst = true;
  // A log of steps is judged as a whole, and handed over with each minute.
  const judged = new WeakMap<readonly RankStep[], StepEvidence>();

  const evidenceOf = (steps: readonly RankStep[]): StepEvidence => {
    const found = judged.get(steps) ?? judgeSteps(steps);
    judged.set(steps, found);
    return found;
  };

  /** Ids of the jobs in the frame. */
  const take = (frame: Frame): readonly string[] => {
    const ids: string[] = [];
    for (const [jobId, minutes] of groupBy(frame.gpus, ({ jobId }) => jobId)) {
      let job = jobs.get(jobId);
      if (job === undefined) {
        const watch = createJobWatch({ jobId, sawStart: !isFirst, baselines, learn: o.learn ?? true });
        job = { watch, lastAt: frame.at };
        jobs.set(jobId, job);
      }
      job.lastAt = frame.at;
      job.watch.next(frame.at, minutes);
      ids.push(jobId);
    }
    isFirst = false;
    for (const [jobId, { lastAt }] of jobs) if (frame.at - lastAt > FORGOTTEN_MS) jobs.delete(jobId);
    return ids;
  };

  return {
    add: (frame) => {
      take(frame);
    },
    next: (frame, steps) => {
      const verdicts: JobVerdict[] = [];
      const relativePerformance: { component: GpuMinute['ref']; ratio: number }[] = [];
      for (const jobId of take(frame)) {
        const watch = jobs.get(jobId)?.watch;
        if (watch === undefined) continue;
        const ofJob = steps?.get(jobId);
        verdicts.push(watch.verdict(ofJob === undefined ? undefined : evidenceOf(ofJob)));
        for (const [component, ratio] of watch.performance()) relativePerformance.push({ component, ratio });
      }
      return { jobs: verdicts, relativePerformance };
    },
    baselines,
  };
};
