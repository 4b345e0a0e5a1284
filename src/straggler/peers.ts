import type { Component, GpuMinute } from '../api.ts';
import { comparable, FEATURES, type FeatureName } from './features.ts';
import { groupBy } from './group-by.ts';
import { loadOf, roleBorders, roleIndex } from './roles.ts';

/** One GPU of a job in one minute, with what it is compared by. */
export interface Peer {
  readonly ref: Component;
  readonly minute: GpuMinute;
  readonly node: string;
  /** Where it sits in its chassis: what one slot makes of a GPU it makes of every GPU there. */
  readonly slot: string;
  /** Whose healthy deviations are remembered: the board by its UUID, and the slot of this very node. */
  readonly board: string;
  readonly place: string;
  /** Smoothed over minutes, so that roles do not flicker. */
  readonly load: number;
  readonly hasCause: boolean;
  /** By feature; NaN where it was not told. */
  readonly values: Readonly<Record<FeatureName, number>>;
}

export const valuesOf = (minute: GpuMinute): Readonly<Record<FeatureName, number>> => {
  const values: Partial<Record<FeatureName, number>> = {};
  for (const feature of FEATURES) values[feature.name] = comparable(feature, minute.window);
  return values as Record<FeatureName, number>;
};

export const loadOfValues = ({ power, sm_clock: clock }: Readonly<Record<FeatureName, number>>): number =>
  loadOf(power, clock);

/** GPUs that do the same: one model, one role. Only they are compared. */
export interface PeerGroup {
  /** For people: `role decoder`, or nothing where all do the same. */
  readonly role: string;
  readonly members: readonly Peer[];
  /** Indexes of the members by node. */
  readonly nodes: ReadonlyMap<string, readonly number[]>;
}

export interface Grouping {
  readonly groups: readonly PeerGroup[];
  /** Several roles were found in what was not labelled. */
  readonly isSplit: boolean;
}

const groupOf = (role: string, members: readonly Peer[]): PeerGroup => ({
  role,
  members,
  nodes: groupBy(members.keys(), (i) => members[i]?.node ?? ''),
});

/**
 * The inferred role of each. A GPU with a cause may draw less because of it: it is taken for what its node's other GPUs
 * are, where these agree.
 */
const inferredRoles = (peers: readonly Peer[], borders: readonly number[]): ReadonlyMap<Peer, number> => {
  const roles = new Map<Peer, number>();
  for (const members of groupBy(peers, ({ node }) => node).values()) {
    const sound = new Set(members.filter(({ hasCause }) => !hasCause).map(({ load }) => roleIndex(borders, load)));
    const [only] = sound;
    for (const peer of members) {
      const own = roleIndex(borders, peer.load);
      roles.set(peer, peer.hasCause && sound.size === 1 && only !== undefined ? only : own);
    }
  }
  return roles;
};

/** The role of a GPU of which none is known. */
export const UNKNOWN_ROLE = 'all';

/** Peers by model and by role; where no role is known, by the load that shows one. */
export const groupPeers = (peers: readonly Peer[]): Grouping => {
  const groups: PeerGroup[] = [];
  let isSplit = false;
  for (const like of groupBy(peers, ({ ref, minute }) => `${ref.model ?? ''}\0${minute.role}`).values()) {
    const role = like[0]?.minute.role ?? UNKNOWN_ROLE;
    if (role !== UNKNOWN_ROLE) {
      groups.push(groupOf(role, like));
      continue;
    }
    const borders = roleBorders(
      like
        .filter(({ hasCause, load }) => !hasCause && !Number.isNaN(load))
        .map(({ load, values }) => ({ load, clock: values.sm_clock, power: values.power })),
    );
    if (borders.length === 0) {
      groups.push(groupOf('', like));
      continue;
    }
    isSplit = true;
    const roles = inferredRoles(like, borders);
    for (const members of groupBy(like, (peer) => String(roles.get(peer) ?? 0)).values())
      groups.push(groupOf('inferred', members));
  }
  return { groups, isSplit };
};
