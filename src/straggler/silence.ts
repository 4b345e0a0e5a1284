import type { GpuMinute } from '../api.ts';
import { partName } from './wording.ts';

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
