import type { CauseKind, GpuMinute, JobVerdict, Straggler } from '../api.ts';
import type { Accused } from './accusation.ts';
import type { Activity } from './activity.ts';
import type { Comparable } from './coverage.ts';
import { familiesOf, impactOf, levelRank, worstDeviation } from './evidence.ts';
import { foldNodes } from './nodes.ts';
import {
  accusedReason,
  cleanReason,
  IDLE,
  NO_PEERS,
  NOT_TELLING,
  rankReason,
  sharedReason,
  silentText,
  stepPattern,
  tooFewReason,
} from './reasons.ts';
import { RULES } from './rules.ts';
import { notShared, sharedCauses } from './shared-causes.ts';
import { slowdownOf } from './slowdown.ts';
import type { StepEvidence } from './step-times.ts';
import { nextStepOf, stragglerMessage } from './wording.ts';

const straggler = (jobId: string, { component, level, evidence, firstSeen, lastSeen }: Accused): Straggler => {
  const slowdown = slowdownOf(evidence.effects);
  const impact = impactOf(evidence);
  return {
    level,
    component,
    jobId,
    families: familiesOf(evidence),
    causes: evidence.causes,
    effects: evidence.effects,
    ...(impact === undefined ? {} : { impact }),
    ...(slowdown === undefined ? {} : { slowdown }),
    firstSeen,
    lastSeen,
    message: stragglerMessage({ level, component, jobId, evidence, slowdown }),
    nextStep: nextStepOf(component, evidence),
  };
};

/** The worst first: by level, then by how far it is behind. */
const ranked = (accused: readonly Accused[]): readonly Accused[] =>
  [...accused].sort(
    (a, b) =>
      levelRank(b.level) - levelRank(a.level) ||
      worstDeviation(b.evidence.effects) - worstDeviation(a.evidence.effects),
  );

/** What a job is judged by. */
export interface JobEvidence {
  readonly jobId: string;
  readonly minutes: readonly GpuMinute[];
  readonly gpusOfNode: ReadonlyMap<string, number>;
  readonly accused: readonly Accused[];
  readonly activity: Activity;
  readonly minutesSeen: number;
  readonly comparable: Comparable;
  readonly common: ReadonlyMap<CauseKind, number>;
  /** GPUs and nodes of which nothing is heard. */
  readonly silent: readonly string[];
  readonly steps: StepEvidence | undefined;
  /** The pattern of the job, where it persists. */
  readonly shape?: string;
  /** Many that are held down together, where nobody can be told apart. */
  readonly heldDown?: string;
}

/** Why nobody is compared; nothing where they are. */
const cannotTell = ({ activity, minutes, minutesSeen, comparable, heldDown }: JobEvidence): string | undefined => {
  if (activity === 'idle' || activity === 'warming-up') return `nobody is compared: ${IDLE[activity]}`;
  if (minutes.length - 1 < RULES.minPeers) return tooFewReason(minutes.length);
  if (minutesSeen < RULES.persistence.hits)
    return `${minutesSeen} of the ${RULES.persistence.hits} minutes seen that a verdict needs${activity === 'other-phase' ? `; ${IDLE[activity]}` : ''}`;
  if (!comparable.isTelling) return NOT_TELLING;
  if (comparable.compared === 0) return NO_PEERS;
  return heldDown === undefined ? undefined : `${heldDown}: too many to tell who is usual; compare with other nodes`;
};

/** What is said of a job, from what is held against its parts. */
export const verdictOf = (o: JobEvidence): JobVerdict => {
  const { jobId, minutes, activity, steps } = o;
  const nodes = [...new Set(minutes.flatMap(({ ref }) => ref.node ?? []))].sort();
  const shared = sharedCauses(o.accused, minutes.length, o.gpusOfNode);
  const alone = ranked(foldNodes(notShared(o.accused, shared), o.gpusOfNode));
  const worst = alone[0]?.level;
  const say = (verdict: JobVerdict['verdict'], reason: string): JobVerdict => ({
    jobId,
    nodes,
    gpus: minutes.length,
    verdict,
    reason: `${reason}${activity === 'working' ? silentText(o.silent) : ''}`,
    stragglers: alone.map((one) => straggler(jobId, one)),
    covered: o.comparable.compared + o.comparable.alone + o.comparable.notBusy.length + o.silent.length,
    ...(shared.length === 0 ? {} : { sharedCauses: shared.map(({ kind }) => kind) }),
  });

  const named = alone.map(({ component, level, evidence: { causes } }) => ({ component, level, causes }));
  const guilty = named.filter(({ level }) => level !== 'suspect');
  if (worst === 'likely' || worst === 'confirmed') return say(worst, accusedReason(guilty, worst));
  if (shared.length > 0) return say('shared_cause', sharedReason(shared, minutes.length));
  const pattern = o.shape ?? stepPattern(steps);
  if (pattern !== undefined) return say('job_shaped', `NOT A NODE PROBLEM: ${pattern}`);
  if (steps !== undefined && steps.slowRanks.length > 0) return say('suspect', rankReason(steps.slowRanks));
  if (worst === 'suspect') return say('suspect', accusedReason(named, worst));
  const why = cannotTell(o);
  if (why !== undefined) return say('cannot_tell', why);
  return say('clean', cleanReason(o.comparable, o.common, minutes.length, steps));
};
