import type { JobVerdict, JobVerdictName, Straggler, StragglerWatch } from '../api.ts';
import { isWorse } from './evidence.ts';

/** What a whole log comes to: each straggler at its worst, also where it recovered before the end. */
export interface Episodes {
  add(watch: StragglerWatch, atMs: number): void;
  /** Job by job, in the order of their first appearance. */
  verdicts(): readonly JobVerdict[];
}

interface Episode {
  worst: Straggler;
  firstSeen: number;
  lastAt: number;
}

interface JobBook {
  latest: JobVerdict;
  latestAt: number;
  /** The last verdict of each kind, so that its reason can be told at the end. */
  readonly seen: Map<JobVerdictName, { readonly verdict: JobVerdict; minutes: number }>;
  readonly parts: Map<string, Episode>;
  gpus: number;
  readonly nodes: Set<string>;
}

const WORST_FIRST: readonly JobVerdictName[] = [
  'confirmed',
  'likely',
  'shared_cause',
  'job_shaped',
  'suspect',
  'clean',
  'cannot_tell',
];

/** So long a verdict that accuses nobody must have stood to be that of the whole log. */
const LASTING_MINUTES = 5;

const timeOf = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ');

export const createEpisodes = (): Episodes => {
  const jobs = new Map<string, JobBook>();

  const note = (job: JobBook, one: Straggler, atMs: number): void => {
    const held = job.parts.get(one.component.key);
    if (held === undefined) {
      job.parts.set(one.component.key, { worst: one, firstSeen: one.firstSeen, lastAt: atMs });
      return;
    }
    held.lastAt = atMs;
    held.firstSeen = Math.min(held.firstSeen, one.firstSeen);
    if (!isWorse(held.worst.level, one.level)) held.worst = one;
  };

  const ended = ({ worst, firstSeen, lastAt }: Episode, { latestAt }: JobBook): Straggler => ({
    ...worst,
    firstSeen,
    ...(lastAt < latestAt ? { until: lastAt, message: `${worst.message} Until ${timeOf(lastAt)} UTC.` } : {}),
  });

  const verdictOf = (jobId: string, job: JobBook): JobVerdict => {
    const accusing: ReadonlySet<JobVerdictName> = new Set(['confirmed', 'likely']);
    const lasting = WORST_FIRST.find((name) => {
      const seen = job.seen.get(name);
      return seen !== undefined && (accusing.has(name) || name === 'suspect' || seen.minutes >= LASTING_MINUTES);
    });
    const verdict = job.seen.get(lasting ?? job.latest.verdict)?.verdict ?? job.latest;
    const stragglers = [...job.parts.values()]
      .map((episode) => ended(episode, job))
      .sort((a, b) => Number(isWorse(b.level, a.level)) - Number(isWorse(a.level, b.level)));
    return {
      jobId,
      nodes: [...job.nodes].sort(),
      gpus: job.gpus,
      verdict: verdict.verdict,
      reason: verdict.reason,
      stragglers,
    };
  };

  return {
    add: (watch, atMs) => {
      for (const verdict of watch.jobs) {
        let job = jobs.get(verdict.jobId);
        if (job === undefined) {
          job = { latest: verdict, latestAt: atMs, seen: new Map(), parts: new Map(), gpus: 0, nodes: new Set() };
          jobs.set(verdict.jobId, job);
        }
        job.latest = verdict;
        job.latestAt = atMs;
        job.gpus = Math.max(job.gpus, verdict.gpus);
        for (const node of verdict.nodes) job.nodes.add(node);
        const minutes = (job.seen.get(verdict.verdict)?.minutes ?? 0) + 1;
        job.seen.set(verdict.verdict, { verdict, minutes });
        for (const one of verdict.stragglers) note(job, one, atMs);
      }
    },
    verdicts: () => [...jobs].map(([jobId, job]) => verdictOf(jobId, job)),
  };
};
