import { type Gpu, type Judgement, known } from '../../src/api.ts';
import { about, type Details } from './about.ts';
import { median } from './groups.ts';
import { span } from './growth.ts';
import { nameOf } from './names.ts';
import { knownOf } from './readings.ts';
import { percent } from './sizes.ts';
import { UNKNOWN_SLOWDOWN } from './slowdown.ts';
import { throttleShare } from './throttle.ts';

/** A GPU that throttled as its peers did shares their cause: the room, the rack, the feed. */
const TIMES_THE_PEERS = 3;

const CAUSE = {
  'thermal-throttle': 'thermal_throttle',
  'sw-thermal-throttle': 'thermal_throttle',
  'power-brake': 'power_brake',
} as const;
const WHAT = {
  'thermal-throttle': 'for heat',
  'sw-thermal-throttle': 'by its driver for heat',
  'power-brake': 'by the power brake',
} as const;

/** Throttle time of the last day against the median of the siblings. */
export const throttledMoreThanPeers = <C extends keyof typeof CAUSE>(
  { ref, throttle }: Gpu,
  siblings: readonly Gpu[],
  reason: 'hw_thermal' | 'sw_thermal' | 'hw_power_brake',
  code: C,
  limit: number,
): Judgement<C> =>
  about(ref, code, throttleShare(throttle[reason].seconds, ['24h'], limit), (day): Details | undefined => {
    const shares = siblings.map((sibling) => throttleShare(sibling.throttle[reason].seconds, ['24h'], limit));
    const peers = median(knownOf(shares).map(({ share }) => share)) ?? 0;
    if (!day.tooMuch || day.share <= TIMES_THE_PEERS * peers) return undefined;
    // What goes on at this moment has its own alarm in thermal/; here it is what is left of yesterday.
    const now = throttleShare(throttle[reason].seconds, ['interval', '15m'], limit);
    const reportedElsewhere = now.ok ? now.value.tooMuch : activeNow(throttle[reason].active);
    return {
      message: `${nameOf(ref)} was slowed down ${WHAT[code]} ${percent(day.share)} of the last ${span(day)}; its siblings ${percent(peers)}`,
      observed: percent(day.share),
      expected: `at most ${percent(limit)}, or as its siblings`,
      evidence: {
        cause: CAUSE[code],
        throttled_seconds: Math.round(day.by),
        seconds: Math.round(day.seconds),
        siblings_share: peers,
        slowdown: UNKNOWN_SLOWDOWN,
      },
      ...(reportedElsewhere ? { override: { severity: 'INFO' } } : {}),
    };
  });

const activeNow = (active: Gpu['throttle']['hw_thermal']['active']): boolean =>
  (active.ok ? active : known(false)).value;
