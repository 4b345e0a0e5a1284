import type { Cause, CauseKind, Component, StragglerLevel } from '../api.ts';
import type { Activity } from './activity.ts';
import type { Comparable } from './coverage.ts';
import { RULES } from './rules.ts';
import type { SharedCause } from './shared-causes.ts';
import type { SlowRank, StepEvidence } from './step-times.ts';
import { partName, percent } from './wording.ts';

/** One line each: why a job gets its verdict. */

const few = (names: readonly string[], most = 3): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

/** The part of an accusation that its reason is made of. */
interface Accusation {
  readonly component: Component;
  readonly causes: readonly Cause[];
}

export const accusedReason = (accused: readonly Accusation[], level: StragglerLevel): string => {
  const names = few(accused.map(({ component }) => partName(component)));
  const hasCause = accused.some(({ causes }) => causes.length > 0);
  if (level === 'suspect')
    return `${names}: ${hasCause ? 'a cause, and no effect that it explains' : 'an effect, and nothing that explains it'}: not enough to accuse`;
  const proof = hasCause ? 'a cause and the effect that it explains' : 'two effects that no workload produces together';
  return `${names}: ${proof}${level === 'confirmed' ? ', and an impact or the step times agree' : ''}`;
};

const LOOK_AT: Readonly<Record<CauseKind, string>> = {
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

export const sharedReason = (shared: readonly SharedCause[], total: number): string =>
  shared
    .map(
      ({ kind, count, nodes }) =>
        `${count} of ${total} GPUs on ${nodes.length} nodes (${few(nodes)}) have ${kind} in common: ${LOOK_AT[kind]}`,
    )
    .join('; ');

/** What the step times say of the job where they name nobody. */
export const stepPattern = (steps: StepEvidence | undefined): string | undefined => {
  if (steps === undefined || steps.slowRanks.length > 0) return undefined;
  if (steps.isRotating)
    return 'the slow rank changes from step to step: sequence lengths, routing or garbage collection, not a node';
  if (steps.roles !== undefined) return `${steps.roles}: the shape of the job`;
  return steps.isGrouped ? 'several ranks are slower together in most steps: a stage or role of the job' : undefined;
};

export const rankReason = (ranks: readonly SlowRank[]): string =>
  ranks
    .map(({ rank, node, gpu, effect: { deviation, peers, persistence } }) => {
      const where =
        gpu === undefined
          ? `${node === undefined ? '' : ` on ${node}`}, but the step times do not say on which ${node === undefined ? 'node and ' : ''}GPU it runs`
          : ` on ${node === undefined ? '' : `${node} `}GPU ${gpu}`;
      return `rank ${rank} takes ${percent(deviation)} longer than its ${peers} peers in ${persistence.hits} of ${persistence.of} steps${where}`;
    })
    .join('; ');

export const IDLE: Readonly<Record<Exclude<Activity, 'working'>, string>> = {
  idle: 'its GPUs are not busy: idle clocks and power say nothing',
  'warming-up': `it began less than ${RULES.warmUpMinutes} minutes ago`,
  'other-phase': 'all of its GPUs draw less at once: a checkpoint, an evaluation or a pause of the whole job',
};

export const tooFewReason = (gpus: number): string =>
  `${gpus} GPU${gpus === 1 ? '' : 's'}: fewer than ${RULES.minPeers} peers to compare with, and no cause is seen`;

export const NO_PEERS = `no GPU has ${RULES.minPeers} peers of its model and role to compare with, and no cause is seen`;

export const NOT_TELLING =
  'neither clocks nor power of its GPUs are told: log clocks.sm, power.draw and utilization.gpu to see who is slow';

/** Clean as far as it was looked: what was not looked at is said. */
export const cleanReason = (
  { compared, alone, notBusy }: Comparable,
  common: ReadonlyMap<CauseKind, number>,
  total: number,
  steps: StepEvidence | undefined,
): string =>
  [
    `${compared} GPUs do as their peers do`,
    ...(alone === 0 ? [] : [`${alone} have fewer than ${RULES.minPeers} peers of their model and role`]),
    ...(notBusy.length === 0 ? [] : [`${notBusy.length} are not busy and were not compared (${few(notBusy)})`]),
    ...[...common].map(([kind, count]) => `${kind} on ${count} of ${total} GPUs: how these machines are set up`),
    ...(steps !== undefined && steps.drift >= RULES.stepDrift
      ? [`the steps take ${percent(steps.drift)} longer than before, with nobody behind`]
      : []),
  ].join('; ');

/** GPUs of which nothing is heard while the job works: the healthiest-looking of all. */
export const silentText = (silent: readonly string[]): string =>
  silent.length === 0 ? '' : `; ${few(silent)} ${silent.length === 1 ? 'does' : 'do'} not report`;
