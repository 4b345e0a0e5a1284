import type { StepTime } from '../api.ts';

export interface StepCounts {
  readonly accepted: number;
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** The latest step times of the jobs on this node; bounded whatever is posted. */
export interface StepBook {
  /** False, and counted as refused, where the job has too many ranks here. */
  add(step: StepTime): boolean;
  /** Counts what was not even added. `reason` comes from a fixed set. */
  refuse(reason: string): void;
  /** Job by job, rank by rank, oldest first; the same array until something was added. */
  value(): readonly StepTime[];
  counts(): StepCounts;
}

/**
 * A node runs one job a GPU at most (8, and as many again that just ended), one or two ranks a GPU (the job says which),
 * and the straggler verdicts look back 15 windows of a minute at most (DESIGN §7): 120 steps of some seconds.
 */
const LIMITS = { jobs: 16, ranksPerJob: 64, stepsPerRank: 120 } as const;

interface Job {
  readonly id: string;
  readonly ranks: Map<number, StepTime[]>;
}

export const createStepBook = (
  limits: { jobs: number; ranksPerJob: number; stepsPerRank: number } = LIMITS,
): StepBook => {
  // In the order of the latest post, so that the first is the one to go.
  const jobs = new Map<string, Job>();
  const refused: Record<string, number> = {};
  let accepted = 0;
  let value: readonly StepTime[] | undefined = Object.freeze([]);

  const refuse = (reason: string): void => {
    refused[reason] = (refused[reason] ?? 0) + 1;
  };

  const jobOf = (id: string): Job => {
    const job = jobs.get(id) ?? { id, ranks: new Map() };
    jobs.delete(id);
    jobs.set(job.id, job);
    for (const oldest of jobs.keys()) {
      if (jobs.size <= limits.jobs) break;
      jobs.delete(oldest);
    }
    return job;
  };

  const everyStep = (): readonly StepTime[] => {
    const all: StepTime[] = [];
    for (const { ranks } of jobs.values()) for (const steps of ranks.values()) for (const step of steps) all.push(step);
    return all;
  };

  return {
    add: (step) => {
      const { id, ranks } = jobOf(step.jobId);
      const steps = ranks.get(step.rank) ?? [];
      if (steps.length === 0 && ranks.size >= limits.ranksPerJob) {
        refuse('ranks');
        return false;
      }
      // One string a job instead of one a line.
      steps.push({ ...step, jobId: id });
      if (steps.length > limits.stepsPerRank) steps.shift();
      ranks.set(step.rank, steps);
      accepted += 1;
      value = undefined;
      return true;
    },
    refuse,
    value: () => {
      value ??= Object.freeze(everyStep());
      return value;
    },
    counts: () => ({ accepted, refused: { ...refused } }),
  };
};
