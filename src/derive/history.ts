import { absent, type Increase, known, type Reading, type Spread, type Window } from '../api.ts';

const WINDOW_SECONDS: Readonly<Record<Exclude<Window, 'interval'>, number>> = { '15m': 900, '1h': 3600, '24h': 86_400 };

/** Older samples are thinned to one in this many seconds; the 15-minute window stays whole. */
const WHOLE_SECONDS = 16 * 60;
const THINNED_SECONDS = 5 * 60;
const KEPT_SECONDS = 25 * 3600;
/** Thinning runs only when a series has grown to this many samples, so that a sample costs O(1). */
const THIN_AT = 400;

interface Sample {
  at: number;
  /** For counters: the sum of all increases since the first sample, so that resets never show as a decrease. */
  value: number;
  resets: number;
}

/** The past of one leaf. Constant stretches take two samples whatever their length. */
export interface Series {
  readonly samples: Sample[];
  /** The counter's raw value at the last sample. */
  lastRaw: number;
}

export const newSeries = (): Series => ({ samples: [], lastRaw: 0 });

const append = (series: Series, sample: Sample): void => {
  const { samples } = series;
  const last = samples.at(-1);
  if (last !== undefined && sample.at <= last.at) return;
  const beforeLast = samples.at(-2);
  if (
    last !== undefined &&
    beforeLast !== undefined &&
    beforeLast.value === last.value &&
    last.value === sample.value
  ) {
    last.at = sample.at;
    return;
  }
  samples.push(sample);
  if (samples.length >= THIN_AT) thin(samples, sample.at);
};

const thin = (samples: Sample[], now: number): void => {
  let keptBucket = Number.NaN;
  const kept = samples.filter((sample) => {
    const age = (now - sample.at) / 1000;
    if (age <= WHOLE_SECONDS) return true;
    if (age > KEPT_SECONDS) return false;
    const bucket = Math.floor(sample.at / 1000 / THINNED_SECONDS);
    if (bucket === keptBucket) return false;
    keptBucket = bucket;
    return true;
  });
  samples.splice(0, samples.length, ...kept);
};

/** A counter that goes down was reset: what it shows now is what it gained since. */
export const addTotal = (series: Series, at: number, raw: number): void => {
  const last = series.samples.at(-1);
  if (last !== undefined && at <= last.at) return;
  const reset = last !== undefined && raw < series.lastRaw;
  const gained = last === undefined ? 0 : reset ? raw : raw - series.lastRaw;
  series.lastRaw = raw;
  append(series, { at, value: (last?.value ?? 0) + gained, resets: (last?.resets ?? 0) + (reset ? 1 : 0) });
};

export const addValue = (series: Series, at: number, value: number): void => {
  series.lastRaw = value;
  append(series, { at, value, resets: 0 });
};

const NO_HISTORY = absent('no-history', 'one sample so far; a rate needs two');

const between = (from: Sample, to: Sample): Increase => ({
  by: to.value - from.value,
  seconds: (to.at - from.at) / 1000,
  resets: to.resets - from.resets,
});

/** What the counter gained in the window that ends with its latest sample. */
export const increaseOver = ({ samples }: Series, window: Window): Reading<Increase> => {
  const last = samples.at(-1);
  const previous = samples.at(-2);
  if (last === undefined || previous === undefined) return NO_HISTORY;
  if (window === 'interval') return known(between(previous, last));

  const seconds = WINDOW_SECONDS[window];
  const start = last.at - seconds * 1000;
  const inside = samples.findIndex((sample) => sample.at >= start);
  const first = samples[inside];
  const before = samples[inside - 1];
  if (first === undefined) return NO_HISTORY;
  if (before === undefined) return known(between(first, last));
  // Nothing gained since before the window began: nothing gained in the window.
  if (before.value === last.value) return known({ by: 0, seconds, resets: 0 });
  // The sample before the window is close enough to its start to stand for it.
  if (start - before.at <= (seconds * 1000) / 4) return known(between(before, last));
  if (first !== last) return known(between(first, last));
  const hours = ((last.at - before.at) / 3_600_000).toFixed(1);
  return absent(
    'no-history',
    `grew by ${last.value - before.value} in ${hours} h; how much of it in the last ${window} is not known`,
  );
};

/** The distribution of a signal in the window that ends with its latest sample. */
export const spreadOver = ({ samples }: Series, window: Window): Reading<Spread> => {
  const last = samples.at(-1);
  if (last === undefined || samples.length < 2) return NO_HISTORY;
  const start = window === 'interval' ? (samples.at(-2)?.at ?? last.at) : last.at - WINDOW_SECONDS[window] * 1000;
  const values: number[] = [];
  let sum = 0;
  for (let i = samples.length - 1; i >= 0; i--) {
    const sample = samples[i];
    if (sample === undefined || sample.at < start) break;
    values.push(sample.value);
    sum += sample.value;
  }
  if (values.length < 2) return NO_HISTORY;
  values.sort((a, b) => a - b);
  const quantile = (q: number): number =>
    values[Math.min(values.length - 1, Math.floor(q * values.length))] ?? last.value;
  return known({
    mean: sum / values.length,
    p05: quantile(0.05),
    p95: quantile(0.95),
    max: values.at(-1) ?? last.value,
    samples: values.length,
  });
};

export const overWindows = <T>(of: (window: Window) => T): Record<Window, T> => ({
  interval: of('interval'),
  '15m': of('15m'),
  '1h': of('1h'),
  '24h': of('24h'),
});
