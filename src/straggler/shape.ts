import { FEATURES, worsening } from './features.ts';
import type { Grouping, Peer } from './peers.ts';
import { RULES } from './rules.ts';
import { median } from './statistics.ts';
import { percent } from './wording.ts';

/** What of the differences in one minute is the job's doing. */
export interface Shape {
  /** Many deviate together without a cause, or roles show. */
  readonly isShaped: boolean;
  /** Roles show, and each GPU was compared within its own: what still deviates there is not the role. */
  readonly isSplit: boolean;
  /** One clause: who differs from whom by how much; also where it is not the job's doing, and nobody can be told apart. */
  readonly pattern: string;
}

const NONE: Shape = { isShaped: false, isSplit: false, pattern: '' };
const LOAD_FEATURES = FEATURES.filter(({ name }) => name === 'power' || name === 'busy' || name === 'sm_clock');

const WORDS: Readonly<Record<string, string>> = {
  power: 'draw less power than the rest',
  busy: 'are less busy than the rest',
  sm_clock: 'clock lower than the rest',
};

const listed = (names: readonly string[], more: string): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more ${more}`;

const nodesOf = (peers: readonly Peer[]): readonly string[] => [...new Set(peers.map(({ node }) => node))];

/** By node where whole nodes differ, by GPU where the difference runs through the nodes. */
const namesOf = (peers: readonly Peer[], others: readonly Peer[]): string => {
  const nodes = nodesOf(peers);
  const elsewhere = new Set(nodesOf(others));
  if (nodes.every((node) => !elsewhere.has(node))) return listed(nodes, 'nodes');
  const indexes = [...new Set(peers.map(({ ref }) => ref.index ?? -1))].sort((a, b) => a - b);
  const gpus = `GPU ${indexes.join(', ')}`;
  return nodes.length > 1 ? `${gpus} of ${nodes.length} nodes` : gpus;
};

/** A workload that asks less never lowers the clock: GPUs that clock lower and draw less together are held down. */
const areHeldDown = (low: readonly Peer[], rest: readonly Peer[]): boolean =>
  LOAD_FEATURES.every(({ name, ...feature }) => {
    if (name === 'busy') return true;
    const centre = median(rest.map(({ values }) => values[name]));
    const own = median(low.map(({ values }) => values[name]));
    return worsening({ name, ...feature }, own, centre) >= feature.minEffect;
  });

/** A quarter of the peers, three at least, below the rest by more than the minimum effect, and none has a cause. */
const together = (peers: readonly Peer[]): Shape => {
  for (const feature of LOAD_FEATURES) {
    const centre = median(peers.map(({ values }) => values[feature.name]));
    const least = feature.minEffect * RULES.withoutBaseline;
    const isLow = (peer: Peer): boolean => worsening(feature, peer.values[feature.name], centre) >= least;
    const low = peers.filter(isLow);
    const { share, atLeast } = RULES.jobShaped;
    if (low.length < atLeast || low.length < share * peers.length) continue;
    // Also what most have: it explains nothing to a detector, and is no healthy state.
    if (low.some(({ minute }) => minute.causes.length > 0)) continue;
    const rest = peers.filter((peer) => !isLow(peer));
    const who = `${low.length} of ${peers.length} GPUs (${namesOf(low, rest)})`;
    if (areHeldDown(low, rest))
      return { ...NONE, pattern: `${who} clock lower and draw less than the rest, and no cause is seen` };
    return {
      isShaped: true,
      isSplit: false,
      pattern: `${who} ${WORDS[feature.name]}, and no cause is seen on any of them`,
    };
  }
  return NONE;
};

const powerOf = (peers: readonly Peer[]): number => Math.exp(median(peers.map(({ values }) => values.power)));

/** Roles that differ in what they draw: a pipeline stage, an expert, a rank that does something else. */
const roles = ({ groups, isSplit }: Grouping): Shape => {
  const drawing = groups
    .map(({ role, members }) => ({ role, members, watts: powerOf(members) }))
    .filter(({ watts }) => !Number.isNaN(watts))
    .sort((a, b) => a.watts - b.watts);
  const lowest = drawing[0];
  const highest = drawing.at(-1);
  if (lowest === undefined || highest === undefined || lowest === highest) return NONE;
  // GPUs of two models draw what they draw: that is no shape of the job.
  if (lowest.members[0]?.ref.model !== highest.members[0]?.ref.model) return NONE;
  const more = highest.watts / lowest.watts - 1;
  if (!isSplit && more < RULES.role.gap * RULES.withoutBaseline) return NONE;
  if (lowest.members.filter(({ minute }) => minute.causes.length > 0).length > lowest.members.length / 2) return NONE;
  const named = ({ role, members }: (typeof drawing)[number], others: readonly Peer[]): string =>
    role === 'inferred' || role === '' ? namesOf(members, others) : `role ${role}`;
  return {
    isShaped: true,
    isSplit: true,
    pattern: `${named(highest, lowest.members)}: ${percent(more)} more power than ${named(lowest, highest.members)}, and no cause is seen on any of them; the pattern follows ${isSplit ? `${groups.length} groups of GPUs (pipeline stages or roles)` : 'the roles'}`,
  };
};

export const shapeOf = (grouping: Grouping): Shape => {
  const split = roles(grouping);
  if (split.isShaped) return split;
  for (const { members } of grouping.groups) {
    const shape = together(members);
    if (shape.isShaped || shape.pattern !== '') return shape;
  }
  return NONE;
};
