import type { FeatureName } from './features.ts';
import { FEATURES } from './features.ts';
import { RULES } from './rules.ts';

/** What a part was, on average, besides its peers while it was healthy; kept over jobs, plain data. */
export interface SavedBaseline {
  readonly minutes: number;
  readonly deviations: Readonly<Partial<Record<FeatureName, number>>>;
}
export type SavedBaselines = Readonly<Record<string, SavedBaseline>>;

/**
 * Healthy GPUs of one chassis differ by slot, and chips differ: each is compared with what it always was. The board is
 * followed by its UUID; the slot keeps its own history.
 */
export interface Baselines {
  /**
   * Of a GPU; 0 for what was never learned. Worsening is positive, in the unit of the feature's comparison. A board that is
   * new in its slot may be excused by what the slot was, never accused: its predecessor may have been a better chip.
   */
  of(board: string, slot: string, feature: FeatureName): number;
  /** Nothing was learned yet. */
  isEmpty(): boolean;
  /** Whether enough was seen to believe it. */
  isKnown(board: string): boolean;
  /** One healthy minute besides healthy peers. */
  learn(board: string, slot: string, deviations: ReadonlyMap<FeatureName, number>): void;
  save(): SavedBaselines;
  restore(saved: SavedBaselines): void;
}

interface Learned {
  minutes: number;
  readonly deviations: Map<FeatureName, number>;
}

/** Old minutes lose their weight: a day of work replaces most of what was learned. */
const MEMORY_MINUTES = 24 * 60;
/** A fleet in one frame: no node keeps more boards than it has slots, plus those that were swapped. */
const MAX_PARTS = 32_768;

const LIMITS = new Map(FEATURES.map(({ name, slotLimit }) => [name, slotLimit]));

const bounded = (value: number, feature: FeatureName): number => {
  const limit = LIMITS.get(feature) ?? 0;
  return Math.max(-limit, Math.min(limit, value));
};

export const createBaselines = (): Baselines => {
  const parts = new Map<string, Learned>();

  const learnOne = (part: string, deviations: ReadonlyMap<FeatureName, number>): void => {
    let learned = parts.get(part);
    if (learned === undefined) {
      if (parts.size >= MAX_PARTS) return;
      learned = { minutes: 0, deviations: new Map() };
      parts.set(part, learned);
    }
    learned.minutes = Math.min(MEMORY_MINUTES, learned.minutes + 1);
    for (const [feature, deviation] of deviations) {
      const before = learned.deviations.get(feature) ?? 0;
      learned.deviations.set(feature, before + (deviation - before) / learned.minutes);
    }
  };

  /** Believed by half after an hour: before that the chassis is not known. */
  const believed = (part: string, feature: FeatureName): number | undefined => {
    const learned = parts.get(part);
    const deviation = learned?.deviations.get(feature);
    if (learned === undefined || deviation === undefined) return undefined;
    const weight = learned.minutes / (learned.minutes + RULES.baselineHalfMinutes);
    return bounded(deviation * weight, feature);
  };

  /** Long enough in this slot to speak for itself, with the weight of its minutes. */
  const isSeen = (part: string): boolean => (parts.get(part)?.minutes ?? 0) >= RULES.persistence.of;
  const isLearned = (part: string): boolean => (parts.get(part)?.minutes ?? 0) >= RULES.baselineHalfMinutes;

  return {
    isEmpty: () => parts.size === 0,
    of: (board, slot, feature) =>
      (isSeen(board) ? believed(board, feature) : undefined) ?? Math.max(0, believed(slot, feature) ?? 0),
    isKnown: (board) => isLearned(board),
    learn: (board, slot, deviations) => {
      learnOne(board, deviations);
      if (slot !== board) learnOne(slot, deviations);
    },
    save: () =>
      Object.fromEntries(
        [...parts].map(([part, { minutes, deviations }]) => [
          part,
          { minutes, deviations: Object.fromEntries(deviations) as SavedBaseline['deviations'] },
        ]),
      ),
    restore: (saved) => {
      for (const [part, { minutes, deviations }] of Object.entries(saved)) {
        const entries = Object.entries(deviations) as [FeatureName, number][];
        parts.set(part, { minutes, deviations: new Map(entries) });
      }
    },
  };
};
