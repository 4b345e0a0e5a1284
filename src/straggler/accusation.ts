import type { Cause, Component, Effect, StragglerLevel } from '../api.ts';
import { type Evidence, explains, levelOf } from './evidence.ts';
import { FEATURES } from './features.ts';
import type { PartHistory, Persistent } from './history.ts';
import { byKind } from './job-causes.ts';
import { RULES } from './rules.ts';
import type { SlowRank, StepEvidence } from './step-times.ts';
import { percent } from './wording.ts';

/** A part against which there is something, before it is asked whether others share it. */
export interface Accused {
  readonly component: Component;
  readonly level: StragglerLevel;
  readonly evidence: Evidence;
  /** Unix ms: the first and the last minute in which it showed. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** What is known besides the part's own history. */
export interface Circumstances {
  /** Unix ms. */
  readonly at: number;
  /** Of its node; not there for a node itself. */
  readonly node: PartHistory | undefined;
  /** GPUs of the job on that node. */
  readonly gpusOfNode: number;
  readonly isOnlyNode: boolean;
  readonly steps: StepEvidence | undefined;
  readonly isShared: boolean;
  readonly isSplit: boolean;
  readonly beganInJob: boolean;
  readonly peersWait: boolean;
}

interface Sighting extends Persistent<unknown> {
  readonly effect: Effect;
}

const effectsOf = (history: PartHistory, causes: readonly Cause[]): readonly Sighting[] =>
  FEATURES.flatMap(({ name, family }) => {
    const found = history.effect(
      name,
      causes.some((cause) => explains(cause, name)),
    );
    if (found === undefined) return [];
    const { observed, peerMedian, deviation, z, peers } = found.value;
    const persistence = { hits: found.hits, of: found.of };
    return [{ ...found, effect: { feature: name, family, observed, peerMedian, deviation, z, persistence, peers } }];
  });

const causesIn = (history: PartHistory | undefined): readonly Persistent<Cause>[] =>
  history?.causeKinds().flatMap((kind) => history.cause(kind) ?? []) ?? [];

/**
 * Node power against the fleet: what the job pays where one GPU of a node holds the others back. Where the GPU is the whole
 * node it is the same reading twice.
 */
const nodePowerImpact = ({ node, gpusOfNode }: Circumstances): string | undefined => {
  if (node === undefined || gpusOfNode < 2) return undefined;
  const hits = node.minutes().flatMap(({ deviations }) => {
    const power = deviations.get('power');
    return power !== undefined && power.peers > 0 && power.deviation >= RULES.nodePower ? [power] : [];
  });
  if (hits.length < RULES.persistence.hits) return undefined;
  const share = hits.reduce((sum, { deviation }) => sum + deviation, 0) / hits.length;
  return `its node draws ${percent(share)} less power than its ${hits.at(-1)?.peers ?? 0} peer nodes`;
};

const stepImpact = ({ steps }: Circumstances): string | undefined =>
  steps !== undefined && steps.drift >= RULES.stepDrift
    ? `the steps of the job take ${percent(steps.drift)} longer than before`
    : undefined;

/** Whether the job's own step times name this part. Where there is one node nobody needs to write its name. */
const isOfRank = (component: Component, { node, gpu }: SlowRank, isOnlyNode: boolean): boolean => {
  const isThere = node === undefined ? isOnlyNode || component.node === undefined : node === component.node;
  if (component.kind === 'node') return node !== undefined && isThere && gpu === undefined;
  return (isThere || component.node === undefined) && gpu !== undefined && gpu === component.index;
};

/** What is held against one part; nothing where there is neither a cause nor an effect that counts. */
export const accuse = (component: Component, history: PartHistory, around: Circumstances): Accused | undefined => {
  const { steps, isShared, isSplit, beganInJob, peersWait } = around;
  const found = causesIn(history);
  const wide = causesIn(around.node);
  const sightings = effectsOf(
    history,
    [...found, ...wide].map(({ value }) => value),
  );
  const slowRank = steps?.slowRanks.find((rank) => isOfRank(component, rank, around.isOnlyNode));
  const effects = [...sightings.map(({ effect }) => effect), ...(slowRank === undefined ? [] : [slowRank.effect])];
  const isExplaining = ({ value }: Persistent<Cause>): boolean =>
    effects.some(({ feature }) => explains(value, feature));
  // What the node has is this GPU's cause only where it explains what this GPU shows.
  const causes = [...found.filter((cause) => !cause.value.weak || isExplaining(cause)), ...wide.filter(isExplaining)];
  const longer = stepImpact(around);
  const weaker = nodePowerImpact(around);
  const evidence: Evidence = {
    of: component.kind === 'node' ? 'node' : 'gpu',
    causes: byKind(causes.map(({ value }) => value)),
    effects,
    isShared,
    isSplit,
    beganInJob,
    peersWait,
    isNamedInBand: slowRank !== undefined,
    ...(longer === undefined ? {} : { stepImpact: longer }),
    ...(weaker === undefined ? {} : { nodeImpact: weaker }),
  };
  const level = levelOf(evidence);
  if (level === undefined) return undefined;
  const seen = [...causes, ...sightings];
  return {
    component,
    level,
    evidence,
    firstSeen: Math.min(around.at, ...seen.map(({ since }) => since)),
    lastSeen: seen.length === 0 ? around.at : Math.max(...seen.map(({ until }) => until)),
  };
};
