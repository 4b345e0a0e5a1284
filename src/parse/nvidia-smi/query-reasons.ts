import type { ThrottleReason } from '../../api.ts';
import { REASON_BITS } from './query-columns.ts';

export type ThrottledReasons = Readonly<Partial<Record<ThrottleReason, boolean>>>;

const WIDTH = 512;
const made = new Map<number, ThrottledReasons>();

const spelled = (said: number, active: number): ThrottledReasons =>
  Object.freeze(
    Object.fromEntries(
      (Object.entries(REASON_BITS) as [ThrottleReason, number][])
        .filter(([, bit]) => (said & bit) !== 0)
        .map(([reason, bit]) => [reason, (active & bit) !== 0]),
    ),
  );

/** Which reasons a line speaks of, and which of them hold. Few combinations occur, so that each is made once. */
export const throttledReasons = (said: number, active: number): ThrottledReasons => {
  const combination = said * WIDTH + (active & said);
  const known = made.get(combination) ?? spelled(said, active);
  made.set(combination, known);
  return known;
};
