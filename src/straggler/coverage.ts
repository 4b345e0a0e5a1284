import type { GpuMinute } from '../api.ts';
import { busyShare, comparedFrom } from './busy.ts';
import type { Peer, PeerGroup } from './peers.ts';
import { RULES } from './rules.ts';
import { partName } from './wording.ts';

/** Of whom a minute told enough to compare. */
export interface Comparable {
  /** GPUs that had peers enough. */
  readonly compared: number;
  /** GPUs of a model or role of which there are too few. */
  readonly alone: number;
  /** At work is the job, but not these. */
  readonly notBusy: readonly string[];
  /** Clocks or power: without either nobody can look slow. */
  readonly isTelling: boolean;
}

const isTelling = ({ values }: Peer): boolean => !Number.isNaN(values.sm_clock) || !Number.isNaN(values.power);

export const countComparable = (minutes: readonly GpuMinute[], groups: readonly PeerGroup[]): Comparable => {
  const least = comparedFrom(minutes);
  const telling = groups.map(({ members }) => members.filter(isTelling).length);
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return {
    compared: sum(telling.filter((count) => count > RULES.minPeers)),
    alone: sum(telling.filter((count) => count <= RULES.minPeers)),
    notBusy: minutes
      .filter(({ window }) => window !== undefined && busyShare(window) < least)
      .map(({ ref }) => partName(ref)),
    isTelling: sum(telling) > 0,
  };
};
