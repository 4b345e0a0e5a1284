import { type Counter, type Increase, known, type Reading, type Window } from '../../src/api.ts';

export interface Growth extends Increase {
  readonly window: Window;
}

/**
 * The first growth that `tooMuch` objects to, else the widest window's. One window without history leaves the counter
 * unjudged, unless another already shows too much.
 */
export const growth = (
  counter: Counter,
  windows: readonly Window[],
  tooMuch: (growth: Growth) => boolean = ({ by }) => by > 0,
): Reading<Growth & { readonly tooMuch: boolean }> => {
  const readings = windows.map((window) => ({ window, reading: counter.increase[window] }));
  let widest: Growth | undefined;
  for (const { window, reading } of readings) {
    if (!reading.ok) continue;
    widest = { ...reading.value, window };
    if (tooMuch(widest)) return known({ ...widest, tooMuch: true });
  }
  const gap = readings.find(({ reading }) => !reading.ok)?.reading;
  if (gap !== undefined && !gap.ok) return gap;
  return known({ ...(widest ?? { by: 0, seconds: 0, resets: 0, window: 'interval' }), tooMuch: false });
};

/** Growth a minute. A shorter history counts as a minute: three in five seconds are at least three a minute. */
export const perMinute = ({ by, seconds }: Increase): number => by / Math.max(1, seconds / 60);

/** In words: "in the last 15 min", as far as the history reaches. */
export const span = ({ seconds }: Increase): string => {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
};
