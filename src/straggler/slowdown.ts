import type { Effect, Slowdown } from '../api.ts';

/**
 * Time of compute-bound work grows as the clock falls (slope −1.00 over the GPUs of "Not All GPUs Are Created Equal",
 * SC22); a training step is partly communication and waiting, so that a part of it is the best guess. Real nodes were
 * slower than predicted by up to half (7.8 % predicted, 11 % measured) and as fast as the rest (7.5 % and 2.7 %): hence
 * the interval from nothing to one and a half times the whole.
 */
const COMPUTE_SHARE = 0.6;
const AT_MOST = 1.5;

const fromRatio = (deviation: number, share: number): Slowdown => {
  const full = deviation / (1 - Math.min(deviation, 0.95));
  return { estimate: full * share, low: 0, high: full * AT_MOST };
};

/** What the part costs its job; nothing where the evidence allows no estimate (a link, rows, power alone). */
export const slowdownOf = (effects: readonly Effect[]): Slowdown | undefined => {
  const of = (feature: Effect['feature']): Effect | undefined => effects.find((effect) => effect.feature === feature);
  const step = of('step_time');
  // The job's own measure: what the others wait is what the rank takes longer, less what overlaps.
  if (step !== undefined) return { estimate: step.deviation, low: step.deviation / 2, high: step.deviation * AT_MOST };
  const clock = of('sm_clock') ?? of('sm_clock_p05');
  if (clock?.feature === 'sm_clock') return fromRatio(clock.deviation, COMPUTE_SHARE);
  const busy = of('busy');
  if (busy !== undefined) return fromRatio(busy.deviation, 1);
  return undefined;
};
