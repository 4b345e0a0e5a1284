import type { Deviation, Deviations } from './compare.ts';
import { asShare, FEATURES, type Feature, type FeatureName, plain } from './features.ts';
import { RULES } from './rules.ts';
import { medianOfSorted, robustSpread, sortedOf } from './statistics.ts';

/** What a GPU showed in this job while nothing held it down: the latest half an hour of that. */
export interface OwnHistory {
  /** A minute without a cause. */
  addCalm(values: Readonly<Record<FeatureName, number>>): void;
  /** Against that history: of use where a cause explains it, nothing by itself. */
  compare(values: Readonly<Record<FeatureName, number>>): Deviations;
}

const KEPT_MINUTES = 30;
const NOTHING: Deviations = new Map();

/** The temperature follows the room; dips are a matter of peers. */
const COMPARED = FEATURES.filter(({ name }) => name === 'sm_clock' || name === 'power' || name === 'busy');

interface Calm {
  readonly feature: Feature;
  readonly values: number[];
  centre: number;
  spread: number;
  isStale: boolean;
}

export const createOwnHistory = (): OwnHistory => {
  let calm: readonly Calm[] | undefined;

  const refresh = (one: Calm): void => {
    one.centre = medianOfSorted(sortedOf(one.values));
    // An own past is one peer: the doubt is that of few.
    one.spread = Math.max(one.feature.spreadFloor, robustSpread(one.values, one.centre) || 0) * RULES.uncertainSpread;
    one.isStale = false;
  };

  return {
    addCalm: (values) => {
      calm ??= COMPARED.map((feature) => ({
        feature,
        values: [],
        centre: Number.NaN,
        spread: Number.NaN,
        isStale: true,
      }));
      for (const one of calm) {
        const value = values[one.feature.name];
        if (Number.isNaN(value)) continue;
        one.values.push(value);
        if (one.values.length > KEPT_MINUTES) one.values.shift();
        one.isStale = true;
      }
    },
    compare: (values) => {
      let found: Map<FeatureName, Deviation> | undefined;
      for (const one of calm ?? []) {
        const { feature } = one;
        const value = values[feature.name];
        if (one.values.length < RULES.persistence.of || Number.isNaN(value)) continue;
        if (one.isStale) refresh(one);
        const difference = feature.worse * (value - one.centre);
        const deviation = asShare(feature, difference);
        const z = difference / one.spread;
        if (deviation < feature.minEffect || z < RULES.zWithCause) continue;
        found ??= new Map();
        found.set(feature.name, {
          observed: plain(feature, value),
          peerMedian: plain(feature, one.centre),
          deviation,
          z,
          peers: 0,
          hasBaseline: true,
        });
      }
      return found ?? NOTHING;
    },
  };
};

/** What at least half of a node's GPUs show against their own past, as the node's. */
export const ofMost = (each: readonly Deviations[]): Deviations => {
  const found = new Map<FeatureName, Deviation>();
  for (const { name } of COMPARED) {
    const having = each.flatMap((deviations) => deviations.get(name) ?? []);
    if (having.length === 0 || having.length < each.length / 2) continue;
    const middle = [...having].sort((a, b) => a.deviation - b.deviation)[having.length >> 1];
    if (middle !== undefined) found.set(name, middle);
  }
  return found;
};

/** Peers first; the own past where these cannot tell. */
export const withOwnPast = (fromPeers: Deviations, own: Deviations): Deviations =>
  own.size === 0 ? fromPeers : fromPeers.size === 0 ? own : new Map([...own, ...fromPeers]);
