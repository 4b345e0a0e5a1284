import type { CauseKind, Component, GpuMinute, JobVerdict, Straggler, StragglerLevel } from '../api.ts';
import type { Activity } from './activity.ts';
import { type Evidence, familiesOf, impactOf, levelRank } from './evidence.ts';
import { foldNodes } from './nodes.ts';
import { RULES } from './rules.ts';
import { slowdownOf } from './slowdown.ts';
import type { StepEvidence } from './step-times.ts';
import { nextStepOf, partName, stragglerMessage } from './wording.ts';

/** A part against which there is something, before it is asked whether others share it. */
export interface Accused {
  readonly component: Component;
  readonly level: StragglerLevel;
  readonly evidence: Evidence;
  /** Unix ms. */
  readonly firstSeen: number;
}

interface SharedCause {
  readonly kind: CauseKind;
  readonly count: number;
  readonly nodes: readonly string[];
}

/** A tenth of the peers, on three nodes at least, with one cause: what they share is found, nobody is accused alone. */
const sharedCauses = (
  accused: readonly Accused[],
  total: number,
  gpusOfNode: ReadonlyMap<string, number>,
): readonly SharedCause[] => {
  const found = new Map<CauseKind, Map<string, number>>();
  for (const { component, evidence } of accused) {
    const node = component.node ?? '';
    for (const { kind } of evidence.causes) {
      const byNode = found.get(kind) ?? new Map<string, number>();
      const all = gpusOfNode.get(node) ?? 1;
      byNode.set(node, component.kind === 'node' ? all : Math.min(all, (byNode.get(node) ?? 0) + 1));
      found.set(kind, byNode);
    }
  }
  return [...found].flatMap(([kind, byNode]) => {
    const count = [...byNode.values()].reduce((sum, one) => sum + one, 0);
    const enough = byNode.size >= RULES.sharedCause.nodes && count >= RULES.sharedCause.share * total;
    return enough ? [{ kind, count, nodes: [...byNode.keys()].sort() }] : [];
  });
};

const straggler = (jobId: string, { component, level, evidence, firstSeen }: Accused): Straggler => {
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
    message: stragglerMessage({ level, component, jobId, evidence, slowdown }),
    nextStep: nextStepOf(component, evidence),
  };
};

const evidenceWeight = ({ effects }: Evidence): number =>
  Math.max(0, ...effects.map(({ feature, deviation }) => (feature === 'temperature' ? 0 : deviation)));

/** The worst first: by level, then by how far it is behind. */
const ranked = (accused: readonly Accused[]): readonly Accused[] =>
  [...accused].sort(
    (a, b) => levelRank(b.level) - levelRank(a.level) || evidenceWeight(b.evidence) - evidenceWeight(a.evidence),
  );

const IDLE: Readonly<Record<Exclude<Activity, 'working'>, string>> = {
  idle: 'its GPUs are not busy: idle clocks and power say nothing',
  'warming-up': `it began less than ${RULES.warmUpMinutes} minutes ago`,
  'other-phase': 'all of its GPUs draw less at once: a checkpoint, an evaluation or a pause of the whole job',
};

const SHARED_WORDS: Readonly<Record<CauseKind, string>> = {
  thermal_throttle: 'look at their room, rack and cooling loop',
  power_brake: 'look at their power feed',
  power_limit_lowered: 'look at who sets the power limit',
  clocks_locked: 'look at who locks the clocks',
  pcie_degraded: 'look at their BIOS and risers',
  nvlink_degraded: 'look at their fabric',
  link_degraded: 'look at the switch that they share',
  remapped_rows: 'look at their batch of boards',
  host_pressure: 'look at what runs beside the job on them',
};

const sharedReason = (shared: readonly SharedCause[], total: number): string =>
  shared
    .map(
      ({ kind, count, nodes }) =>
        `${count} of ${total} GPUs on ${nodes.length} nodes (${nodes.slice(0, 4).join(', ')}${nodes.length > 4 ? ', …' : ''}) have ${kind} in common: ${SHARED_WORDS[kind]}`,
    )
    .join('; ');

const shapedBySteps = (steps: StepEvidence | undefined): string | undefined => {
  if (steps === undefined || steps.slowRanks.length > 0) return undefined;
  if (steps.isRotating)
    return 'the slow rank changes from step to step: sequence lengths, routing or garbage collection, not a node';
  return steps.isGrouped ? 'several ranks are slower together in most steps: a stage or role of the job' : undefined;
};

const names = (accused: readonly Accused[]): string => {
  const all = accused.map(({ component }) => partName(component));
  return all.length <= 3 ? all.join(', ') : `${all.slice(0, 3).join(', ')} and ${all.length - 3} more`;
};

/** GPUs of which nothing is heard while the job works: the healthiest-looking of all. */
const silentText = (minutes: readonly GpuMinute[]): string => {
  const silent = minutes.filter(({ window }) => window === undefined).map(({ ref }) => partName(ref));
  if (silent.length === 0) return '';
  const shown =
    silent.length <= 3 ? silent.join(', ') : `${silent.slice(0, 3).join(', ')} and ${silent.length - 3} more`;
  return `; ${silent.length === 1 ? 'one GPU does' : `${silent.length} GPUs do`} not report (${shown})`;
};

/** What is said of a job, from what is held against its parts. */
export const verdictOf = (o: {
  readonly jobId: string;
  readonly minutes: readonly GpuMinute[];
  readonly accused: readonly Accused[];
  readonly activity: Activity;
  readonly minutesSeen: number;
  readonly steps: StepEvidence | undefined;
  /** The pattern, where it persists. */
  readonly shape?: string;
}): JobVerdict => {
  const { jobId, minutes, activity, minutesSeen, steps } = o;
  const nodes = [...new Set(minutes.flatMap(({ ref }) => ref.node ?? []))].sort();
  const base = { jobId, nodes, gpus: minutes.length };
  const gpusOfNode = new Map<string, number>();
  for (const { ref } of minutes) gpusOfNode.set(ref.node ?? '', (gpusOfNode.get(ref.node ?? '') ?? 0) + 1);
  const shared = sharedCauses(o.accused, minutes.length, gpusOfNode);
  const sharedKinds = new Set(shared.map(({ kind }) => kind));
  const alone = ranked(
    foldNodes(
      o.accused.filter(
        ({ evidence: { causes } }) => causes.length === 0 || !causes.every(({ kind }) => sharedKinds.has(kind)),
      ),
      gpusOfNode,
    ),
  );
  const stragglers = alone.map((one) => straggler(jobId, one));
  const worst = alone[0]?.level;
  const silent = activity === 'working' ? silentText(minutes) : '';
  const say = (verdict: JobVerdict['verdict'], reason: string): JobVerdict => ({
    ...base,
    verdict,
    reason: `${reason}${silent}`,
    stragglers,
  });

  if (worst === 'likely' || worst === 'confirmed') {
    const guilty = alone.filter(({ level }) => level !== 'suspect');
    return say(
      worst,
      `${names(guilty)}: ${worst === 'confirmed' ? 'evidence and impact agree' : 'cause and effect, or two kinds of effect, agree'}`,
    );
  }
  if (shared.length > 0) return say('shared_cause', sharedReason(shared, minutes.length));
  const pattern = o.shape ?? shapedBySteps(steps);
  if (pattern !== undefined) return say('job_shaped', `NOT A NODE PROBLEM: ${pattern}`);
  if (worst === 'suspect')
    return say('suspect', `${names(alone)}: one cause or one effect alone, which is not enough to accuse`);
  if (activity === 'idle' || activity === 'warming-up')
    return say('cannot_tell', `nobody is compared: ${IDLE[activity]}`);
  if (minutes.length - 1 < RULES.minPeers)
    return say(
      'cannot_tell',
      `${minutes.length} GPU${minutes.length === 1 ? '' : 's'}: fewer than ${RULES.minPeers} peers to compare with, and no cause is seen`,
    );
  if (minutesSeen < RULES.persistence.hits)
    return say(
      'cannot_tell',
      `${minutesSeen} of the ${RULES.persistence.hits} minutes seen that a verdict needs${activity === 'other-phase' ? `; ${IDLE[activity]}` : ''}`,
    );
  return say('clean', `${minutes.length} GPUs do as their peers do`);
};
