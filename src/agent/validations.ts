import { monotonicMs } from '../engine/elapsed.ts';
import type { Snapshot } from '../engine/snapshot.ts';

export interface Validation {
  readonly level: 'quick' | 'prejob';
  readonly verdict: Snapshot['overall'];
  /** Unix ms. */
  readonly endedAt: number;
  readonly durationSeconds: number;
}

/** The last scheduled validation of each level, for the metrics. */
export interface Validations {
  run(level: Validation['level'], assess: () => Snapshot): Snapshot;
  last(): readonly Validation[];
}

export const createValidations = (): Validations => {
  const byLevel = new Map<string, Validation>();
  return {
    run: (level, assess) => {
      const startedMs = monotonicMs();
      const snapshot = assess();
      const durationSeconds = (monotonicMs() - startedMs) / 1000;
      byLevel.set(level, { level, verdict: snapshot.overall, endedAt: snapshot.at, durationSeconds });
      return snapshot;
    },
    last: () => [...byLevel.values()],
  };
};
