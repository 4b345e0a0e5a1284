import type { Effect, RankStep } from '../api.ts';
import { groupBy } from './group-by.ts';
import { UNKNOWN_ROLE } from './peers.ts';
import { RULES } from './rules.ts';
import { median, robustSpread } from './statistics.ts';

/** A rank that the others wait for, step after step. */
export interface SlowRank {
  readonly rank: number;
  readonly node?: string;
  readonly gpu?: number;
  readonly effect: Effect;
}

export interface StepEvidence {
  readonly slowRanks: readonly SlowRank[];
  /** Some rank is slow in most steps, but hardly ever the same: sequence lengths, routing, garbage collection. */
  readonly isRotating: boolean;
  /** A whole group of ranks is slower than the rest: a pipeline stage, a role. */
  readonly isGrouped: boolean;
  /** Roles of the job that take longer than others, in one clause. */
  readonly roles?: string;
  /** By how much the latest half of the steps is slower than the first: a share; negative is faster. */
  readonly drift: number;
}

/** Fewer steps say nothing about persistence; and a rank must be slow in this share of them. */
const MIN_STEPS = 10;
const PERSISTENT_SHARE = 0.8;
/**
 * In a published Megatron trace (StragglerAnalysis, OSDI'25) a healthy rank with one peer is the slower one in 88 % of the
 * steps, at a ratio of 1.004: how often says nothing without how much. As for clocks, 3 % is the least that counts.
 */
const MIN_EFFECT = 0.03;
const SPREAD_FLOOR = 0.01;

interface Rank {
  readonly rank: number;
  readonly role: string;
  readonly node?: string;
  readonly gpu?: number;
  /** Logarithm of the step's time over the median of its peers, by step. */
  readonly ratios: number[];
  readonly seconds: number[];
  peerSeconds: number[];
}

const NONE: StepEvidence = { slowRanks: [], isRotating: false, isGrouped: false, drift: 0 };

/** Ranks of one role with their time besides that of their peers in the same step. */
const ranksOf = (steps: readonly RankStep[]): readonly Rank[] => {
  const ranks = new Map<number, Rank>();
  for (const ofStep of groupBy(steps, ({ step }) => step).values()) {
    for (const [role, peers] of groupBy(ofStep, ({ role: own }) => own ?? UNKNOWN_ROLE)) {
      if (peers.length - 1 < RULES.minPeers) continue;
      const centre = median(peers.map(({ seconds }) => seconds));
      for (const { rank, seconds, node, gpu } of peers) {
        if (!(seconds > 0)) continue;
        const held = ranks.get(rank) ?? {
          rank,
          role,
          ratios: [],
          seconds: [],
          peerSeconds: [],
          ...(node === undefined ? {} : { node }),
          ...(gpu === undefined ? {} : { gpu }),
        };
        held.ratios.push(Math.log(seconds / centre));
        held.seconds.push(seconds);
        held.peerSeconds.push(centre);
        ranks.set(rank, held);
      }
    }
  }
  return [...ranks.values()];
};

const driftOf = (steps: readonly RankStep[]): number => {
  const byStep = [...groupBy(steps, ({ step }) => step)].sort(([a], [b]) => a - b);
  if (byStep.length < 2 * MIN_STEPS) return 0;
  const times = byStep.map(([, all]) => median(all.map(({ seconds }) => seconds)));
  const half = times.length >> 1;
  const before = median(times.slice(0, half));
  return before > 0 ? median(times.slice(half)) / before - 1 : 0;
};

interface Outlier {
  readonly rank: Rank;
  readonly above: number;
}

/** The node whose ranks are the slow ones, all of them and no others; of one role, or it may be a stage that has a node. */
const wholeNode = (ranks: readonly Rank[], outliers: readonly Outlier[]): string | undefined => {
  const nodes = new Set(outliers.map(({ rank: { node } }) => node));
  const [node] = nodes;
  const isOneRole = ranks.every(({ role }) => role !== UNKNOWN_ROLE);
  if (node === undefined || nodes.size !== 1 || outliers.length < 2 || !isOneRole) return undefined;
  const others = new Set(ranks.map((rank) => rank.node));
  const own = ranks.filter((rank) => rank.node === node).length;
  return own === outliers.length && others.size > RULES.minPeers ? node : undefined;
};

/** How far each rank of a role is above its peers over all steps, without the ranks that stand together. */
const judgeRole = (ranks: readonly Rank[]): { readonly slow: readonly SlowRank[]; readonly grouped: boolean } => {
  const medians = ranks.map(({ ratios }) => median(ratios));
  const centre = median(medians);
  const spread = Math.max(SPREAD_FLOOR, robustSpread(medians, centre));
  const outliers = ranks
    .map((rank, i) => ({ rank, above: (medians[i] ?? 0) - centre }))
    .filter(({ above }) => Math.expm1(above) >= MIN_EFFECT && above / spread >= RULES.z)
    .sort((a, b) => b.above - a.above);
  // The last stage of a pipeline is several ranks of about one time; a lone rank far above them is one all the same.
  const isAlone = (i: number): boolean => {
    const own = outliers[i]?.above ?? 0;
    return !outliers.some((other, k) => k !== i && Math.abs(other.above - own) <= Math.max(4 * SPREAD_FLOOR, own / 4));
  };
  const whole = wholeNode(ranks, outliers);
  const slow: SlowRank[] = [];
  let grouped = false;
  for (const [i, { rank, above }] of outliers.entries()) {
    const { ratios, seconds, peerSeconds, node, gpu } = rank;
    const hits = ratios.filter((ratio) => Math.expm1(ratio - centre) >= MIN_EFFECT).length;
    if (hits < PERSISTENT_SHARE * ratios.length) continue;
    const isOfNode = whole !== undefined && node === whole;
    if (!isAlone(i) && !isOfNode) {
      grouped = true;
      continue;
    }
    if (isOfNode && slow.some((other) => other.node === whole)) continue;
    slow.push({
      rank: rank.rank,
      ...(node === undefined ? {} : { node }),
      ...(gpu === undefined || isOfNode ? {} : { gpu }),
      effect: {
        feature: 'step_time',
        family: 'progress',
        observed: median(seconds),
        peerMedian: median(peerSeconds),
        deviation: Math.expm1(above),
        z: above / spread,
        persistence: { hits, of: ratios.length },
        peers: ranks.length - 1,
      },
    });
  }
  return { slow, grouped };
};

/** In most steps somebody takes a tenth longer than the median, but nobody does so regularly. */
const rotates = (ranks: readonly Rank[]): boolean => {
  const SLOW_STEP = 0.1;
  const steps = Math.max(...ranks.map(({ ratios }) => ratios.length));
  let some = 0;
  const often = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const slow = ranks.filter(({ ratios }) => Math.expm1(ratios[step] ?? 0) >= SLOW_STEP);
    if (slow.length > 0) some += 1;
    for (const { rank } of slow) often.set(rank, (often.get(rank) ?? 0) + 1);
  }
  const most = Math.max(0, ...often.values());
  return steps >= MIN_STEPS && some >= steps / 2 && most < PERSISTENT_SHARE * steps;
};

/** Roles are as slow as their work is long: half of the slowdown of most straggling jobs is the last stage's (OSDI'25). */
const ROLES_DIFFER = 0.1;

const rolesDiffer = (steps: readonly RankStep[]): string | undefined => {
  const roles = [...groupBy(steps, ({ role }) => role ?? UNKNOWN_ROLE)]
    .filter(([role]) => role !== UNKNOWN_ROLE)
    .map(([role, own]) => ({ role, seconds: median(own.map(({ seconds }) => seconds)) }))
    .sort((a, b) => a.seconds - b.seconds);
  const fastest = roles[0];
  const slowest = roles.at(-1);
  if (fastest === undefined || slowest === undefined || fastest === slowest) return undefined;
  const longer = slowest.seconds / fastest.seconds - 1;
  return longer >= ROLES_DIFFER
    ? `the ranks of role ${slowest.role} take ${Math.round(longer * 100)} % longer than those of role ${fastest.role}`
    : undefined;
};

/** What the job's own step times say: who is waited for, or that it is the workload. */
export const judgeSteps = (all: readonly RankStep[]): StepEvidence => {
  const regular = ranksOf(all).filter(({ ratios }) => ratios.length >= MIN_STEPS);
  if (regular.length - 1 < RULES.minPeers) return { ...NONE, drift: driftOf(all) };
  const judged = [...groupBy(regular, ({ role }) => role).values()]
    .filter((ofRole) => ofRole.length - 1 >= RULES.minPeers)
    .map(judgeRole);
  const roles = rolesDiffer(all);
  return {
    slowRanks: judged.flatMap(({ slow }) => slow),
    isGrouped: judged.some(({ grouped }) => grouped),
    isRotating: rotates(regular),
    drift: driftOf(all),
    ...(roles === undefined ? {} : { roles }),
  };
};
