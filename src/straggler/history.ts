import type { Cause, CauseKind } from '../api.ts';
import type { Deviation, Deviations } from './compare.ts';
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
  readonly since: number;
}

const { persistence: P, severe: SEVERE } = RULES;
const MIN_EFFECT = new Map(FEATURES.map(({ name, minEffect }) => [name, minEffect]));

/** Large enough, and far enough outside its peers, to count in this minute. */
export const isHit = (feature: FeatureName, { deviation, z, hasBaseline }: Deviation, hasCause: boolean): boolean => {
  const least = (MIN_EFFECT.get(feature) ?? 0) * (hasBaseline || hasCause ? 1 : RULES.withoutBaseline);
  return deviation >= least && z >= (hasCause ? RULES.zWithCause : RULES.z);
};

export interface PartHistory {
  add(minute: PastMinute): void;
  minutes(): readonly PastMinute[];
  /** Deviations that persist; with fewer peers' worth of doubt where `hasCause` explains the feature. */
  effect(feature: FeatureName, hasCause: boolean): Persistent<Deviation> | undefined;
  cause(kind: CauseKind): Persistent<Cause> | undefined;
  causeKinds(): readonly CauseKind[];
  /** Too little in too few minutes to be anything: nobody needs to look closer. */
  isQuiet(): boolean;
}

/**
 * How many of the minutes hit; undefined where that is not persistent. Windows of five minutes overlap, so that one event
 * makes five hits in a row: the shortcut of severe ones is for what a cause explains.
 */
const persistent = (
  minutes: readonly PastMinute[],
  isIn: (minute: PastMinute) => boolean,
  isSevere: (minute: PastMinute) => boolean,
): { readonly hits: readonly PastMinute[]; readonly of: number } | undefined => {
  const hits = minutes.filter(isIn);
  if (hits.length >= P.hits) return { hits, of: minutes.length };
  const last = minutes.slice(-P.severeOf);
  const severe = last.filter((minute) => isIn(minute) && isSevere(minute));
  return severe.length >= P.severeHits ? { hits, of: minutes.length } : undefined;
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

export const createPartHistory = (): PartHistory => {
  const minutes: PastMinute[] = [];

  return {
    add: (minute) => {
      const oldest = minute.at - RULES.rememberMinutes * 60_000;
      minutes.push(minute);
      while (minutes.length > P.of || (minutes[0]?.at ?? minute.at) <= oldest) minutes.shift();
    },
    minutes: () => minutes,
    effect: (feature, hasCause) => {
      const found = persistent(
        minutes,
        ({ deviations }) => {
          const deviation = deviations.get(feature);
          return deviation !== undefined && isHit(feature, deviation, hasCause);
        },
        ({ deviations, throttled }) =>
          hasCause &&
          ((deviations.get(feature)?.deviation ?? 0) >= SEVERE.deviation || throttled >= SEVERE.throttleRatio),
      );
      if (found === undefined) return undefined;
      const value = averaged(found.hits.flatMap(({ deviations }) => deviations.get(feature) ?? []));
      const since = found.hits[0]?.at;
      return value === undefined || since === undefined
        ? undefined
        : { value, hits: found.hits.length, of: found.of, since };
    },
    cause: (kind) => {
      const has = ({ causes }: PastMinute): boolean => causes.some((cause) => cause.kind === kind);
      const found = persistent(minutes, has, ({ throttled }) => throttled >= SEVERE.throttleRatio);
      const value = found?.hits.at(-1)?.causes.find((cause) => cause.kind === kind);
      const since = found?.hits[0]?.at;
      return found === undefined || value === undefined || since === undefined
        ? undefined
        : { value, hits: found.hits.length, of: found.of, since };
    },
    causeKinds: () => [...new Set(minutes.flatMap(({ causes }) => causes.map(({ kind }) => kind)))],
    isQuiet: () => {
      let loud = 0;
      for (const { deviations, causes } of minutes) if (deviations.size > 0 || causes.length > 0) loud += 1;
      return loud < P.severeHits;
    },
  };
};
