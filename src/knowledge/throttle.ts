import type { ThrottleReason } from '../api.ts';
import data from './throttle.json' with { type: 'json' };

interface ThrottleKnowledge {
  readonly reason: ThrottleReason;
  /** In NVML's bit field `clocks_event_reasons_active`, as it is printed: `0x40`. */
  readonly bit: string;
  /** `slows`: a fault while it lasts; `by-share`: a hint only where it takes more time than on the peers. */
  readonly kind: 'benign' | 'by-share' | 'slows';
  readonly meaning: string;
  readonly source: string;
}

/** Why clocks are lower than they could be, one record a reason. */
export const throttleReasons = data.reasons as readonly ThrottleKnowledge[];

const byReason = new Map(throttleReasons.map((each) => [each.reason, each]));
export const throttleReason = (reason: ThrottleReason): ThrottleKnowledge | undefined => byReason.get(reason);
