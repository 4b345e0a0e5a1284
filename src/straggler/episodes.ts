import type { CauseKind, JobVerdict, JobVerdictName, Straggler, StragglerWatch } from '../api.ts';
import { isWorse, levelRank } from './evidence.ts';
import { accusedReason } from './reasons.ts';
import { RULES } from './rules.ts';

/** What a whole log comes to: each straggler at its worst, also where it recovered before the end. */
export interface Episodes {
  add(watch: StragglerWatch, atMs: number): void;
  /** Job by job, in the order of their first appearance. */
  verdicts(): readonly JobVerdict[];
}

interface Episode {
  /** At its highest level, with the strongest evidence for it. */
  worst: Straggler;
  firstSeen: number;
  lastSeen: number;
}

interface Sharing {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly minutes: number;
}

interface JobBook {
  latest: JobVerdict;
  latestAt: number;
  /** The last verdict of each kind, and for how many minutes it stood. */
  readonly seen: Map<JobVerdictName, { readonly verdict: JobVerdict; readonly minutes: number }>;
  readonly parts: Map<string, Episode>;
  /** When each cause was shared, and for how many minutes in all. */
  readonly shared: Map<CauseKind, Sharing>;
  gpus: number;
  readonly nodes: Set<string>;
}

/** Who accuses nobody, in the order in which it is worth telling. */
const OTHERWISE: readonly JobVerdictName[] = ['shared_cause', 'job_shaped', 'suspect', 'clean', 'cannot_tell'];

/** So long something must have stood to be said of the whole log. */
const LASTING_MINUTES = 5;
/** Verdicts come once a minute: evidence older than this was not there at the end. */
const OVER_MS = 3 * 60_000;

/** With its cause, large, and for long: the four minutes of a severe start say less than the hour after. */
const weight = ({ causes, effects }: Straggler): number =>
  (causes.length > 0 ? 10 : 0) +
  Math.max(
    0,
    ...effects.map(({ deviation, feature, persistence: { hits } }) =>
      feature === 'temperature' ? 0 : deviation * Math.min(1, hits / RULES.persistence.hits),
    ),
  );

const isStronger = (one: Straggler, than: Straggler): boolean =>
  isWorse(one.level, than.level) || (one.level === than.level && weight(one) > weight(than));

/** Without a zone: logs have none, and what a server tells is UTC. */
const timeOf = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ');

const whole = ({ worst, firstSeen, lastSeen }: Episode, latestAt: number): Straggler => {
  const base = { ...worst, firstSeen, lastSeen };
  return latestAt - lastSeen > OVER_MS
    ? { ...base, until: lastSeen, message: `${worst.message} Until ${timeOf(lastSeen)}.` }
    : base;
};

/** A node that is slow as a whole shows first on one or two of its GPUs. */
const isNodeOf = (node: Straggler, gpu: Straggler): boolean =>
  node.component.kind === 'node' &&
  gpu.component.kind === 'gpu' &&
  node.component.node === gpu.component.node &&
  !isWorse(gpu.level, node.level) &&
  gpu.firstSeen <= node.lastSeen &&
  gpu.lastSeen >= node.firstSeen - OVER_MS &&
  gpu.causes.length > 0 &&
  gpu.causes.every(({ kind }) => node.causes.some((cause) => cause.kind === kind));

/** Persistence is seen when it has lasted: what is found to be shared was so a quarter of an hour before. */
const HINDSIGHT_MS = RULES.persistence.of * 60_000;

/** What all of them have in common turned out to be nobody's own, also for who showed it first. */
const remaining = (job: JobBook): readonly Straggler[] => {
  const isShared = ({ worst: { causes }, firstSeen, lastSeen }: Episode): boolean =>
    causes.length > 0 &&
    causes.every(({ kind }) => {
      const sharing = job.shared.get(kind);
      if (sharing === undefined || sharing.minutes < LASTING_MINUTES) return false;
      const overlap = Math.min(lastSeen, sharing.lastAt) - Math.max(firstSeen, sharing.firstAt - HINDSIGHT_MS);
      return overlap >= (lastSeen - firstSeen) / 2;
    });
  const left = [...job.parts.values()].filter((episode) => !isShared(episode));
  return left
    .filter(({ worst }) => !left.some(({ worst: other }) => isNodeOf(other, worst)))
    .map((episode) => whole(episode, job.latestAt))
    .sort((a, b) => levelRank(b.level) - levelRank(a.level) || weight(b) - weight(a));
};

const verdictOf = (jobId: string, job: JobBook): JobVerdict => {
  const stragglers = remaining(job);
  const base = { jobId, nodes: [...job.nodes].sort(), gpus: job.gpus, stragglers };
  const worst = stragglers[0]?.level;
  if (worst === 'likely' || worst === 'confirmed') {
    const guilty = stragglers.filter(({ level }) => level !== 'suspect');
    return { ...base, verdict: worst, reason: accusedReason(guilty, worst) };
  }
  const lasting = OTHERWISE.find((name) => {
    const seen = job.seen.get(name);
    return seen !== undefined && (name === 'suspect' || seen.minutes >= LASTING_MINUTES);
  });
  const { verdict, reason } = job.seen.get(lasting ?? job.latest.verdict)?.verdict ?? job.latest;
  // Nobody is left of those who were accused for a time.
  if (verdict === 'likely' || verdict === 'confirmed')
    return { ...base, verdict: 'shared_cause', reason: 'what some were accused of turned out to be shared' };
  return { ...base, verdict, reason };
};

export const createEpisodes = (): Episodes => {
  const jobs = new Map<string, JobBook>();

  const note = (job: JobBook, one: Straggler): void => {
    const held = job.parts.get(one.component.key);
    if (held === undefined) {
      job.parts.set(one.component.key, { worst: one, firstSeen: one.firstSeen, lastSeen: one.lastSeen });
      return;
    }
    held.firstSeen = Math.min(held.firstSeen, one.firstSeen);
    held.lastSeen = Math.max(held.lastSeen, one.lastSeen);
    if (isStronger(one, held.worst)) held.worst = one;
  };

  return {
    add: (watch, atMs) => {
      for (const verdict of watch.jobs) {
        let job = jobs.get(verdict.jobId);
        if (job === undefined) {
          job = {
            latest: verdict,
            latestAt: atMs,
            seen: new Map(),
            parts: new Map(),
            shared: new Map(),
            gpus: 0,
            nodes: new Set(),
          };
          jobs.set(verdict.jobId, job);
        }
        const weighs = Math.min(LASTING_MINUTES, Math.max(1, (atMs - job.latestAt) / 60_000));
        job.latest = verdict;
        job.latestAt = atMs;
        job.gpus = Math.max(job.gpus, verdict.gpus);
        for (const node of verdict.nodes) job.nodes.add(node);
        for (const kind of verdict.sharedCauses ?? []) {
          const known = job.shared.get(kind);
          const minutes = (known?.minutes ?? 0) + weighs;
          job.shared.set(kind, { firstAt: known?.firstAt ?? atMs, lastAt: atMs, minutes });
        }
        const minutes = (job.seen.get(verdict.verdict)?.minutes ?? 0) + weighs;
        // Loggers stop one after the other: what is said of all is said of the minute in which most were there.
        const held = job.seen.get(verdict.verdict)?.verdict;
        const isFuller = held === undefined || (verdict.covered ?? 0) >= (held.covered ?? 0);
        job.seen.set(verdict.verdict, { verdict: isFuller ? verdict : held, minutes });
        for (const one of verdict.stragglers) note(job, one);
      }
    },
    verdicts: () => [...jobs].map(([jobId, job]) => verdictOf(jobId, job)),
  };
};
