import type { Deviations } from './compare.ts';
import type { Part } from './parts.ts';
import type { Peer } from './peers.ts';
import { RULES } from './rules.ts';
import { median } from './statistics.ts';

/** Of the SM clock, as in features.ts; an own past is one peer, so the doubt is that of few peers. */
const CLOCK_FLOOR = 0.005;

const NOTHING: Deviations = new Map();

/** A GPU with too few peers, against its own first quarter of an hour in this job: of use where a cause explains it. */
export const againstItself = (part: Part, { values, hasCause }: Peer): Deviations => {
  const clock = values.sm_clock;
  if (Number.isNaN(clock)) return NOTHING;
  const { firstClocks } = part;
  if (!hasCause && firstClocks.length < RULES.persistence.of) firstClocks.push(clock);
  if (firstClocks.length < RULES.persistence.of) return NOTHING;
  const before = median(firstClocks);
  const z = (before - clock) / (CLOCK_FLOOR * RULES.uncertainSpread);
  if (z < RULES.zWithCause) return NOTHING;
  return new Map([
    [
      'sm_clock',
      {
        observed: Math.exp(clock),
        peerMedian: Math.exp(before),
        deviation: 1 - Math.exp(clock - before),
        z,
        peers: 0,
        // Alone it is no evidence: only one that a cause explains is believed.
        hasBaseline: hasCause,
      },
    ],
  ]);
};
