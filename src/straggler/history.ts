import type { Cause, CauseKind } from '../api.ts';
import type { Deviation, Deviations } from './compare.ts';
import { explains } from './evidence.ts';
import { FEATURES, type FeatureName } from './features.ts';
import { RULES } from './rules.ts';

/** One minute of a GPU, or of a node, that was worth looking at. */
export interface PastMinute {
  readonly at: number;
  readonly deviations: Deviations;
  readonly causes: readonly Cause[];
  /** The largest share of the window in which something throttled it. */
  readonly throttled: number;
}

/** What persists: how often, since when, and how it looks on average over those minutes. */
export interface Persistent<T> {
  readonly value: T;
  readonly hits: number;
  readonly of: number;
  /** Unix ms: the first and the last of them. */
  readonly since: number;
  readonly until: number;
}

export interface PartHistory {
  add(minute: PastMinute): void;
  /** The latest quarter of an hour. */
  minutes(): readonly PastMinute[];
  /** A deviation that persists; where a cause explains the feature less of an outlier is believed. */
  effect(feature: FeatureName, hasCause: boolean): Persistent<Deviation> | undefined;
  cause(kind: CauseKind): Persistent<Cause> | undefined;
  causeKinds(): readonly CauseKind[];
  /** Too little in too few minutes to be anything: nobody needs to look closer. */
  isQuiet(): boolean;
}

const { persistence: P, severe: SEVERE, recurrence: R } = RULES;
const MIN_EFFECT = new Map(FEATURES.map(({ name, minEffect }) => [name, minEffect]));

/** Large enough, and far enough outside its peers, to count in this minute. */
export const isHit = (feature: FeatureName, { deviation, z, hasBaseline }: Deviation, hasCause: boolean): boolean => {
  const least = (MIN_EFFECT.get(feature) ?? 0) * (hasBaseline || hasCause ? 1 : RULES.withoutBaseline);
  return deviation >= least && z >= (hasCause ? RULES.zWithCause : RULES.z);
};

/** A cause and what it explains in one and the same minute. */
const isExplained = ({ deviations, causes }: PastMinute): boolean =>
  causes.some((cause) =>
    [...deviations].some(([feature, deviation]) => explains(cause, feature) && isHit(feature, deviation, true)),
  );

interface Hits {
  readonly minutes: readonly PastMinute[];
  readonly of: number;
}

/**
 * How many of the minutes hit; undefined where that is not persistent. Windows of five minutes overlap, so that one event
 * makes five hits in a row: the shortcut of severe ones is for what a cause explains.
 */
const persistent = (
  minutes: readonly PastMinute[],
  isIn: (minute: PastMinute) => boolean,
  isSevere: (minute: PastMinute) => boolean,
): Hits | undefined => {
  const hits = minutes.filter(isIn);
  if (hits.length >= P.hits) return { minutes: hits, of: minutes.length };
  const last = minutes.slice(-P.severeOf);
  const severe = last.filter((minute) => isIn(minute) && isSevere(minute));
  return severe.length >= P.severeHits ? { minutes: hits, of: minutes.length } : undefined;
};

/** What comes and goes: cause and effect together, several times and lately. What came once and went is over. */
const recurrent = (
  together: readonly PastMinute[],
  now: number,
  isIn: (minute: PastMinute) => boolean,
): Hits | undefined => {
  const hits = together.filter(isIn);
  const last = hits.at(-1);
  if (hits.length < R.hits || last === undefined || now - last.at > RULES.rememberMinutes * 60_000) return undefined;
  let times = 1;
  for (const [i, { at }] of hits.entries()) {
    const before = hits[i - 1];
    if (before !== undefined && at - before.at > RULES.windowSeconds * 1000) times += 1;
  }
  return times >= R.times ? { minutes: hits, of: R.minutes } : undefined;
};

const averaged = (deviations: readonly Deviation[]): Deviation | undefined => {
  const last = deviations.at(-1);
  if (last === undefined) return undefined;
  const meanOf = (of: (deviation: Deviation) => number): number =>
    deviations.reduce((sum, one) => sum + of(one), 0) / deviations.length;
  return {
    observed: meanOf(({ observed }) => observed),
    peerMedian: meanOf(({ peerMedian }) => peerMedian),
    deviation: meanOf(({ deviation }) => deviation),
    z: meanOf(({ z }) => z),
    peers: last.peers,
    hasBaseline: last.hasBaseline,
  };
};

const found = <T>(hits: Hits | undefined, value: T | undefined): Persistent<T> | undefined => {
  const since = hits?.minutes[0]?.at;
  const until = hits?.minutes.at(-1)?.at;
  if (hits === undefined || value === undefined || since === undefined || until === undefined) return undefined;
  return { value, hits: hits.minutes.length, of: hits.of, since, until };
};

export const createPartHistory = (): PartHistory => {
  const minutes: PastMinute[] = [];
  const together: PastMinute[] = [];
  let latestAt = 0;

  return {
    add: (minute) => {
      const oldest = minute.at - RULES.rememberMinutes * 60_000;
      latestAt = minute.at;
      minutes.push(minute);
      while (minutes.length > P.of || (minutes[0]?.at ?? minute.at) <= oldest) minutes.shift();
      if (minute.causes.length > 0 && isExplained(minute)) together.push(minute);
      while ((together[0]?.at ?? minute.at) <= minute.at - R.minutes * 60_000) together.shift();
    },
    minutes: () => minutes,
    effect: (feature, hasCause) => {
      const isIn = ({ deviations }: PastMinute): boolean => {
        const deviation = deviations.get(feature);
        return deviation !== undefined && isHit(feature, deviation, hasCause);
      };
      const isSevere = ({ deviations, throttled }: PastMinute): boolean =>
        hasCause &&
        ((deviations.get(feature)?.deviation ?? 0) >= SEVERE.deviation || throttled >= SEVERE.throttleRatio);
      const hits = persistent(minutes, isIn, isSevere) ?? (hasCause ? recurrent(together, latestAt, isIn) : undefined);
      return found(hits, averaged((hits?.minutes ?? []).flatMap(({ deviations }) => deviations.get(feature) ?? [])));
    },
    cause: (kind) => {
      const has = ({ causes }: PastMinute): boolean => causes.some((cause) => cause.kind === kind);
      const hits =
        persistent(minutes, has, ({ throttled }) => throttled >= SEVERE.throttleRatio) ??
        recurrent(together, latestAt, has);
      return found(
        hits,
        hits?.minutes.at(-1)?.causes.find((cause) => cause.kind === kind),
      );
    },
    causeKinds: () => [...new Set([...minutes, ...together].flatMap(({ causes }) => causes.map(({ kind }) => kind)))],
    isQuiet: () => {
      if (together.length >= R.hits) return false;
      let loud = 0;
      for (const { deviations, causes } of minutes) if (deviations.size > 0 || causes.length > 0) loud += 1;
      return loud < P.severeHits;
    },
  };
};
