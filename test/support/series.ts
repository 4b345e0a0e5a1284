import {
  absent,
  type Counter,
  type Increase,
  known,
  type N,
  type Reading,
  type Signal,
  type Window,
} from '../../src/api.ts';

const SECONDS: Readonly<Record<Window, number>> = { interval: 30, '15m': 900, '1h': 3600, '24h': 86_400 };

type Windows<T> = Readonly<Partial<Record<Window, number | Reading<T>>>>;

const overWindows = <T>(
  given: Windows<T>,
  fromNumber: (value: number, window: Window) => T,
): Readonly<Record<Window, Reading<T>>> => {
  const one = (window: Window): Reading<T> => {
    const value = given[window];
    if (value === undefined) return absent('no-history', 'no earlier sample in this test');
    return typeof value === 'number' ? known(fromNumber(value, window)) : value;
  };
  return { interval: one('interval'), '15m': one('15m'), '1h': one('1h'), '24h': one('24h') };
};

/** A counter with the growth given per window; a window that is not given has no history. */
export const counterOf = (total: number | N, increase: Windows<Increase> = {}): Counter => ({
  total: typeof total === 'number' ? known(total) : total,
  increase: overWindows(increase, (by, window) => ({ by, seconds: SECONDS[window], resets: 0 })),
});

/** A counter that did not move in any window. */
export const steady = (total: number): Counter => counterOf(total, { interval: 0, '15m': 0, '1h': 0, '24h': 0 });

/** A counter whose total, and so every window, is absent. */
export const absentCounter = (value: Extract<N, { ok: false }>): Counter => ({
  total: value,
  increase: { interval: value, '15m': value, '1h': value, '24h': value },
});

/** A signal that stood at `latest` in every window, or as `over` says. */
export const signalOf = (latest: number | N, over: Partial<Signal['over']> = {}): Signal => {
  const reading = typeof latest === 'number' ? known(latest) : latest;
  const flat = (samples: number): Signal['over'][Window] =>
    reading.ok
      ? known({ mean: reading.value, p05: reading.value, p95: reading.value, max: reading.value, samples })
      : reading;
  return { latest: reading, over: { interval: flat(2), '15m': flat(30), '1h': flat(120), '24h': flat(2880), ...over } };
};
