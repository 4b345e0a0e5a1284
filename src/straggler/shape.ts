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
  /** One clause: who differs from whom by how much. */
  readonly pattern: string;
}

const NONE: Shape = { isShaped: false, isSplit: false, pattern: '' };
const LOAD_FEATURES = FEATURES.filter(({ name }) => name === 'power' || name === 'busy' || name === 'sm_clock');

const WORDS: Readonly<Record<string, string>> = {
  power: 'draw less power than the rest',
  busy: 'are less busy than the rest',
  sm_clock: 'clock lower than the rest',
};

const namesOf = (peers: readonly Peer[]): string => {
  const nodes = [...new Set(peers.map(({ node }) => node))].filter((node) => node !== '');
  if (nodes.length < 2 && peers.length <= 16) return peers.map(({ ref }) => `GPU ${ref.index ?? '?'}`).join(', ');
  return nodes.length <= 4 ? nodes.join(', ') : `${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more nodes`;
};

/** A quarter of the peers, three at least, below the rest by more than the minimum effect, and none has a cause. */
const together = (peers: readonly Peer[]): Shape => {
  for (const feature of LOAD_FEATURES) {
    const centre = median(peers.map(({ values }) => values[feature.name]));
    const least = feature.minEffect * RULES.withoutBaseline;
    const low = peers.filter((peer) => worsening(feature, peer.values[feature.name], centre) >= least);
    const { share, atLeast } = RULES.jobShaped;
    if (low.length < atLeast || low.length < share * peers.length || low.some(({ hasCause }) => hasCause)) continue;
    return {
      isShaped: true,
      isSplit: false,
      pattern: `${low.length} of ${peers.length} GPUs (${namesOf(low)}) ${WORDS[feature.name]}, all in healthy state`,
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
  const named = ({ role, members }: (typeof drawing)[number]): string =>
    role === 'inferred' || role === '' ? namesOf(members) : `role ${role}`;
  return {
    isShaped: true,
    isSplit: true,
    pattern: `${named(highest)} draw ${percent(more)} more power than ${named(lowest)}, all in healthy state: the pattern follows ${isSplit ? `${groups.length} groups of GPUs (pipeline stages or roles)` : 'the roles'}`,
  };
};

export const shapeOf = (grouping: Grouping): Shape => {
  const split = roles(grouping);
  if (split.isShaped) return split;
  for (const { members } of grouping.groups) {
    const shape = together(members);
    if (shape.isShaped) return shape;
  }
  return NONE;
};
