import { type Absent, type Counter, type Increase, known, type Reading, type Window } from '../../src/api.ts';

export interface Growth extends Increase {
  readonly window: Window;
}

const NOTHING: Increase = { by: 0, seconds: 0, resets: 0 };

/**
 * The first growth that `tooMuch` objects to, else the widest window's. One window without history leaves the counter
 * unjudged, unless another already shows too much.
 */
export const growth = (
  counter: Counter,
  windows: readonly Window[],
  tooMuch: (growth: Increase) => boolean = ({ by }) => by > 0,
): Reading<Growth & { readonly tooMuch: boolean }> => {
  let widest: Increase = NOTHING;
  let widestWindow: Window = 'interval';
  let gap: Absent | undefined;
  // A node has a thousand counters and most stand still: one object each, however many windows are looked at.
  for (const window of windows) {
    const reading = counter.increase[window];
    if (!reading.ok) gap ??= reading;
    else if (tooMuch(reading.value)) return known({ ...reading.value, window, tooMuch: true });
    else {
      widest = reading.value;
      widestWindow = window;
    }
  }
  return gap ?? known({ ...widest, window: widestWindow, tooMuch: false });
};

/** Growth a minute. A shorter history counts as a minute: three in five seconds are at least three a minute. */
export const perMinute = ({ by, seconds }: Increase): number => by / Math.max(1, seconds / 60);

/** In words: "in the last 15 min", as far as the history reaches. */
export const span = ({ seconds }: Pick<Increase, 'seconds'>): string => {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
};
