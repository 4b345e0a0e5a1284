import type { N, Reading } from './reading.ts';

/** `interval`: since the previous sample, whatever its distance. */
export type Window = 'interval' | '15m' | '1h' | '24h';
export const WINDOWS: readonly Window[] = ['interval', '15m', '1h', '24h'];

/** `by` never goes down: a reset (driver reload, saturation, new counter) starts again from the new value and is counted. */
export interface Increase {
  readonly by: number;
  /** The span that the history really covers, at most the window. */
  readonly seconds: number;
  readonly resets: number;
}

/** A lifetime counter. Its total is never judged: healthy hardware shows large ones. */
export interface Counter {
  readonly total: N;
  readonly increase: Readonly<Record<Window, Reading<Increase>>>;
}

export interface Spread {
  readonly mean: number;
  readonly p05: number;
  readonly p95: number;
  readonly max: number;
  readonly samples: number;
}

/** A value that moves up and down. */
export interface Signal {
  readonly latest: N;
  readonly over: Readonly<Record<Window, Reading<Spread>>>;
}

/** What a collector gives for a counter or a signal; `derive/series.ts` adds the windows from the history. */
export interface RawCounter {
  readonly counter: N;
}
export interface RawSignal {
  readonly signal: N;
}
export type Raw<T> = T extends Counter
  ? RawCounter
  : T extends Signal
    ? RawSignal
    : { readonly [K in keyof T]: Raw<T[K]> };

export const counter = (total: N): RawCounter => ({ counter: total });
export const signal = (latest: N): RawSignal => ({ signal: latest });
