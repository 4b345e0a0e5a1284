import { asShare, FEATURES, type Feature, type FeatureName, plain } from './features.ts';
import type { Peer, PeerGroup } from './peers.ts';
import { RULES } from './rules.ts';
import type { Baselines } from './slots.ts';
import { medianOfOthers, medianOfSorted, robustSpread, sortedOf } from './statistics.ts';

/** How much worse than its peers in one minute. */
export interface Deviation {
  /** In the unit of the feature. */
  readonly observed: number;
  readonly peerMedian: number;
  /** A share, or kelvin; positive is worse. */
  readonly deviation: number;
  readonly z: number;
  readonly peers: number;
  /** The chassis was taken into account. */
  readonly hasBaseline: boolean;
}

export type Deviations = ReadonlyMap<FeatureName, Deviation>;

export interface Comparison {
  /** What is worth remembering; who is as its peers is not there. */
  readonly gpus: ReadonlyMap<Peer, Deviations>;
  /** Whole nodes against nodes, by name. */
  readonly nodes: ReadonlyMap<string, Deviations>;
  /** What each GPU was besides its peers in this slot, for the baselines: worsening is positive. */
  readonly own: ReadonlyMap<Peer, ReadonlyMap<FeatureName, number>>;
  /** 0–1 by GPU that has peers: the smaller of its clock's and its work's share of theirs. */
  readonly performance: ReadonlyMap<Peer, number>;
}

type Found<K> = Map<K, Map<FeatureName, Deviation>>;

/** Of nodes this part of the minimum effect is kept: the power of a node against the fleet counts from 3 %. */
const NODE_SHARE_KEPT = 0.6;

const note = <K>(found: Found<K>, key: K, name: FeatureName, deviation: Deviation): void => {
  const held = found.get(key);
  if (held === undefined) found.set(key, new Map([[name, deviation]]));
  else held.set(name, deviation);
};

const countOf = (values: Float64Array): number => {
  let count = 0;
  for (const value of values) if (!Number.isNaN(value)) count += 1;
  return count;
};

/**
 * The spread of healthy peers: never below the floor, and wider where few peers leave it uncertain. Around nought, which is
 * the middle of what each differs from the median of the others.
 */
const spreadOf = (feature: Feature, deviations: ArrayLike<number>, peers: number): number => {
  const spread = robustSpread(deviations, 0);
  const atLeast = Math.max(feature.spreadFloor, Number.isNaN(spread) ? 0 : spread);
  return peers < RULES.manyPeers ? atLeast * RULES.uncertainSpread : atLeast;
};

const picked = (values: ArrayLike<number>, indexes: readonly number[]): number[] => {
  const some = new Array<number>(indexes.length);
  for (let k = 0; k < indexes.length; k++) some[k] = values[indexes[k] ?? -1] ?? Number.NaN;
  return some;
};

const mapped = (values: Float64Array, of: (value: number) => number): Float64Array => {
  const results = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) results[i] = of(values[i] ?? Number.NaN);
  return results;
};

/** By slot, the median over nodes of how a GPU differs from its node: what the chassis makes of a healthy GPU. */
const slotEffects = (feature: Feature, { members, nodes }: PeerGroup, values: Float64Array): Map<string, number> => {
  const effects = new Map<string, number>();
  if (nodes.size < RULES.minNodes || feature.slotLimit === 0) return effects;
  const bySlot = new Map<string, number[]>();
  for (const indexes of nodes.values()) {
    const centre = medianOfSorted(sortedOf(picked(values, indexes)));
    for (const i of indexes) {
      const difference = feature.worse * ((values[i] ?? Number.NaN) - centre);
      const slot = members[i]?.slot;
      if (slot === undefined || Number.isNaN(difference)) continue;
      const differences = bySlot.get(slot);
      if (differences === undefined) bySlot.set(slot, [difference]);
      else differences.push(difference);
    }
  }
  for (const [slot, differences] of bySlot) {
    if (differences.length < RULES.minNodes) continue;
    const effect = medianOfSorted(sortedOf(differences));
    effects.set(slot, Math.max(-feature.slotLimit, Math.min(feature.slotLimit, effect)));
  }
  return effects;
};

/** Values of one feature with what slot and board are known to do taken out. */
interface Levelled {
  readonly values: Float64Array;
  /** Of the slot and of the board. */
  readonly baselines: Float64Array;
  readonly learned: Float64Array;
  readonly slots: ReadonlyMap<string, number>;
}

const levelled = (feature: Feature, group: PeerGroup, known: Baselines): Levelled => {
  const { members } = group;
  const raw = new Float64Array(members.length);
  for (let i = 0; i < members.length; i++) raw[i] = members[i]?.values[feature.name] ?? Number.NaN;
  const slots = slotEffects(feature, group, raw);
  const baselines = new Float64Array(members.length);
  const learned = new Float64Array(members.length);
  if (slots.size === 0 && known.isEmpty()) return { values: raw, baselines, learned, slots };
  for (const [i, { slot, board, place }] of members.entries()) {
    const effect = slots.get(slot);
    const own = known.isEmpty() ? 0 : known.of(board, effect === undefined ? place : '', feature.name);
    learned[i] = own;
    baselines[i] = (effect ?? 0) + own;
    raw[i] = (raw[i] ?? Number.NaN) - feature.worse * (baselines[i] ?? 0);
  }
  return { values: raw, baselines, learned, slots };
};

interface AgainstSiblings {
  readonly difference: Float64Array;
  readonly centre: Float64Array;
  readonly peers: Uint16Array;
}

/** Inside its node a GPU has the same air, the same host and mostly the same stage as its siblings. */
const againstSiblings = (feature: Feature, { members, nodes }: PeerGroup, values: Float64Array): AgainstSiblings => {
  const difference = new Float64Array(members.length).fill(Number.NaN);
  const centre = new Float64Array(members.length).fill(Number.NaN);
  const peers = new Uint16Array(members.length);
  if (nodes.size > 1) {
    for (const indexes of nodes.values()) {
      const own = picked(values, indexes);
      const sorted = sortedOf(own);
      const others = sorted.length - 1;
      if (others < RULES.minPeers) continue;
      for (const [k, i] of indexes.entries()) {
        const value = own[k] ?? Number.NaN;
        centre[i] = medianOfOthers(sorted, value);
        difference[i] = feature.worse * (value - (centre[i] ?? Number.NaN));
        peers[i] = others;
      }
    }
  }
  return { difference, centre, peers };
};

/** Deviations of one feature within a group of peers. */
const compareFeature = (
  feature: Feature,
  group: PeerGroup,
  known: Baselines,
  into: {
    readonly gpus: Found<Peer>;
    readonly own: Map<Peer, Map<FeatureName, number>> | undefined;
    readonly performance: Map<Peer, number>;
  },
): void => {
  const { members } = group;
  const { values, baselines, learned, slots } = levelled(feature, group, known);
  const sorted = sortedOf(values);
  const peers = sorted.length - 1;
  if (peers < RULES.minPeers) return;

  const fromPool = mapped(values, (value) => feature.worse * (value - medianOfOthers(sorted, value)));
  const siblings = againstSiblings(feature, group, values);
  const poolSpread = spreadOf(feature, fromPool, peers);
  const nodeSpread = spreadOf(feature, siblings.difference, peers);

  for (const [i, peer] of members.entries()) {
    const pooled = fromPool[i] ?? Number.NaN;
    if (Number.isNaN(pooled)) continue;
    const inNode = siblings.difference[i] ?? Number.NaN;
    const hasSiblings = !Number.isNaN(inNode);
    if (into.own !== undefined && feature.slotLimit > 0) {
      const own = into.own.get(peer) ?? new Map<FeatureName, number>();
      own.set(feature.name, (hasSiblings ? inNode : pooled) + (learned[i] ?? 0));
      into.own.set(peer, own);
    }
    // Several of a node's GPUs with one cause hide each other from their siblings.
    const isWide = hasSiblings && peer.hasCause && pooled / poolSpread > inNode / nodeSpread;
    const isLocal = hasSiblings && !isWide;
    const difference = isLocal ? inNode : pooled;
    const deviation = asShare(feature, difference);
    if (feature.name === 'sm_clock' || feature.name === 'busy') {
      const ratio = Math.min(1, Math.max(0, 1 - deviation));
      into.performance.set(peer, Math.min(ratio, into.performance.get(peer) ?? 1));
    }
    // Worse than its siblings, but not better than the job: a node ahead of the others has no straggler.
    if (isLocal && pooled < inNode / 2) continue;
    const z = difference / (isLocal ? nodeSpread : poolSpread);
    if (deviation < feature.minEffect || z < RULES.zWithCause) continue;
    const centre = isLocal ? (siblings.centre[i] ?? Number.NaN) : medianOfOthers(sorted, values[i] ?? Number.NaN);
    note(into.gpus, peer, feature.name, {
      observed: plain(feature, peer.values[feature.name]),
      // What this GPU would show if it were as its peers, in its own slot.
      peerMedian: plain(feature, centre + feature.worse * (baselines[i] ?? 0)),
      deviation,
      z,
      peers: isLocal ? (siblings.peers[i] ?? 0) : peers,
      hasBaseline: slots.has(peer.slot) || known.isKnown(peer.board),
    });
  }
};

/** Whole nodes against nodes that do the same: what no comparison inside a node can see. */
const compareNodes = (
  feature: Feature,
  { members, nodes }: PeerGroup,
  wholeNodes: ReadonlyMap<string, number>,
  found: Found<string>,
): void => {
  // Nodes differ by where they stand: their air is no fault of theirs.
  if (nodes.size <= RULES.minPeers || feature.name === 'temperature') return;
  const names: string[] = [];
  const centres: number[] = [];
  for (const [node, indexes] of nodes) {
    // A node that is split between roles is compared by its GPUs alone.
    if (indexes.length < (wholeNodes.get(node) ?? 0)) continue;
    names.push(node);
    centres.push(medianOfSorted(sortedOf(indexes.map((i) => members[i]?.values[feature.name] ?? Number.NaN))));
  }
  const values = Float64Array.from(centres);
  const peers = countOf(values) - 1;
  if (peers < RULES.minPeers) return;
  const sorted = sortedOf(values);
  const differences = mapped(values, (value) => feature.worse * (value - medianOfOthers(sorted, value)));
  const spread = spreadOf(feature, differences, peers);
  for (const [i, node] of names.entries()) {
    const difference = differences[i] ?? Number.NaN;
    const deviation = asShare(feature, difference);
    const z = difference / spread;
    if (Number.isNaN(deviation) || deviation < feature.minEffect * NODE_SHARE_KEPT || z < RULES.zWithCause) continue;
    const value = values[i] ?? Number.NaN;
    note(found, node, feature.name, {
      observed: plain(feature, value),
      peerMedian: plain(feature, medianOfOthers(sorted, value)),
      deviation,
      z,
      peers,
      // A node has all of its slots.
      hasBaseline: true,
    });
  }
};

/** Every GPU against the GPUs that do the same, and every node against such nodes. */
export const compare = (
  groups: readonly PeerGroup[],
  baselines: Baselines,
  o: { readonly learn: boolean },
): Comparison => {
  const gpus: Found<Peer> = new Map();
  const nodes: Found<string> = new Map();
  const own = o.learn ? new Map<Peer, Map<FeatureName, number>>() : undefined;
  const performance = new Map<Peer, number>();
  const wholeNodes = new Map<string, number>();
  for (const group of groups)
    for (const [node, indexes] of group.nodes) wholeNodes.set(node, (wholeNodes.get(node) ?? 0) + indexes.length);
  for (const group of groups) {
    for (const feature of FEATURES) {
      compareFeature(feature, group, baselines, { gpus, own, performance });
      compareNodes(feature, group, wholeNodes, nodes);
    }
  }
  return { gpus, nodes, own: own ?? new Map(), performance };
};
