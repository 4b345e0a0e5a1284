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
  /** Clocks, or power with utilisation: without them nobody can look slow. */
  readonly isTelling: boolean;
}

export const countBy = <T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, number> => {
  const counts = new Map<K, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

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

const GPU_SILENT_MS = 3 * 60_000;
/** Loggers and nodes are not stopped in one moment. */
const NODE_SILENT_MS = 10 * 60_000;
/** Where half of the nodes are gone the job is over, or moved. */
const FEW_NODES = 0.5;

/** GPUs of which nothing is heard while the others of their node report; and whole nodes, where they are few. */
export interface Silence {
  note(at: number, minutes: readonly GpuMinute[]): void;
  /** Names. */
  of(minutes: readonly GpuMinute[], at: number): readonly string[];
}

export const createSilence = (): Silence => {
  const heard = new Map<string, number>();
  const nodeHeard = new Map<string, number>();

  return {
    note: (at, minutes) => {
      for (const { ref, window } of minutes) {
        if (window === undefined) continue;
        heard.set(ref.key, at);
        nodeHeard.set(ref.node ?? '', at);
      }
    },
    of: (minutes, at) => {
      const nodes = new Set(minutes.map(({ ref }) => ref.node ?? ''));
      const isGone = (node: string): boolean => at - (nodeHeard.get(node) ?? at) > GPU_SILENT_MS;
      const gpus = minutes
        .filter(({ ref }) => !isGone(ref.node ?? '') && at - (heard.get(ref.key) ?? 0) > GPU_SILENT_MS)
        .map(({ ref }) => partName(ref));
      const gone = [...nodes].filter((node) => at - (nodeHeard.get(node) ?? at) > NODE_SILENT_MS);
      return [...gpus, ...(gone.length < FEW_NODES * nodes.size ? gone : [])];
    },
  };
};
