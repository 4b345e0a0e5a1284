import type { AnswerSeries } from './answer.ts';

/** The minutes that are asked for: `count` of them from `startMs` on. */
export interface Minutes {
  readonly startMs: number;
  readonly count: number;
}
export const MINUTE_MS = 60_000;

/**
 * Calls `put` for each sample that is a number, with the minute it belongs to. The nearest: VictoriaMetrics and Mimir may
 * move the start of a query to a whole step (their own documentation of `query_range`).
 */
export const eachMinute = (
  { startMs, count }: Minutes,
  { seconds, values }: AnswerSeries,
  put: (minute: number, value: number) => void,
): void => {
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? Number.NaN;
    const minute = Math.round(((seconds[place] ?? Number.NaN) * 1000 - startMs) / MINUTE_MS);
    if (minute >= 0 && minute < count && Number.isFinite(value)) put(minute, value);
  }
};
