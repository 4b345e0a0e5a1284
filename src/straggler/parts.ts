import type { Component } from '../api.ts';
import type { Accused } from './accusation.ts';
import { explains, levelRank } from './evidence.ts';
import { createPartHistory, isHit, type PartHistory } from './history.ts';
import { createOwnHistory, type OwnHistory } from './own-history.ts';
import { RULES } from './rules.ts';

/** A GPU or a whole node of a job, over the minutes. */
export interface Part {
  component: Component;
  readonly history: PartHistory;
  /** Minutes in which it was like its peers. */
  calm: number;
  /** What the job asks of it, smoothed, so that roles do not flicker; logarithmic. */
  load: number;
  /** In its last minute. */
  isDeviating: boolean;
  readonly past: OwnHistory;
  held: Accused | undefined;
}

/**
 * Minutes over which the load is smoothed. A GPU has its role from the first step on; what deviates later is slow to be
 * taken for another role, so that it is compared with those that it was like.
 */
const LOAD_MINUTES = 10;
const DEVIATING_MINUTES = 120;

export const createParts = () => {
  const parts = new Map<string, Part>();
  return {
    get: (key: string): Part | undefined => parts.get(key),
    of: (component: Component): Part => {
      let part = parts.get(component.key);
      if (part === undefined) {
        const history = createPartHistory();
        part = {
          component,
          history,
          calm: 0,
          load: Number.NaN,
          isDeviating: false,
          past: createOwnHistory(),
          held: undefined,
        };
        parts.set(component.key, part);
      }
      part.component = component;
      return part;
    },
    all: (): Iterable<Part> => parts.values(),
    /** What left the job is none of its parts. */
    keep: (isThere: (key: string) => boolean): void => {
      for (const key of parts.keys()) if (!isThere(key)) parts.delete(key);
    },
  };
};
export type Parts = ReturnType<typeof createParts>;

export const smoothLoad = (part: Part, load: number): void => {
  if (Number.isNaN(load)) return;
  const minutes = part.isDeviating ? DEVIATING_MINUTES : LOAD_MINUTES;
  part.load = Number.isNaN(part.load) ? load : part.load + (load - part.load) / minutes;
};

/** Minutes in which what it is held for still shows: a cause that stands by itself slows nothing down. */
const showingMinutes = ({ history }: Part, { evidence }: Accused): number =>
  history.minutes().filter(({ deviations, causes }) =>
    [...deviations].some(
      ([name, deviation]) =>
        evidence.effects.some(({ feature }) => feature === name) &&
        isHit(
          name,
          deviation,
          causes.some((cause) => explains(cause, name)),
        ),
    ),
  ).length;

/** Raised by 12 of 15, dropped at 3 of 15: in between what was said stands. */
export const settle = (part: Part, fresh: Accused | undefined): Accused | undefined => {
  const { held } = part;
  const stands =
    held !== undefined && held.level !== 'suspect' && showingMinutes(part, held) > RULES.persistence.clearAt;
  if (stands && (fresh === undefined || levelRank(fresh.level) < levelRank(held.level))) return held;
  part.held =
    fresh === undefined || held === undefined
      ? fresh
      : { ...fresh, firstSeen: Math.min(held.firstSeen, fresh.firstSeen) };
  return part.held;
};
