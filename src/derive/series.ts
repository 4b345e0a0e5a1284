import { absent, type Component, type Counter, type N, type Raw, type Signal } from '../api.ts';
import { addTotal, addValue, increaseOver, newSeries, overWindows, type Series, spreadOver } from './history.ts';

/** Counters as they were at an earlier run of the same boot: path → pairs of time (Unix ms) and raw total. */
export type Baseline = Readonly<Record<string, readonly (readonly [at: number, total: number])[]>>;

/** The past of every counter and signal of one boot, by the path of the leaf. */
export interface SeriesStore {
  /** Turns what a collector gave into facts: windows are added, components are completed by `identify`. */
  derive<T>(name: string, raw: Raw<T>, at: number, identify: (component: Component) => Component): T;
  /** Counters for a later run; `maxAgeSeconds` and `spacingSeconds` bound its size. */
  baseline(o: { now: number; maxAgeSeconds: number; spacingSeconds: number }): Baseline;
  restore(baseline: Baseline): void;
  /** The wall clock was stepped: the past moves with it, so that spans stay what they were. */
  shift(deltaMs: number): void;
  /** Series held, for tests of growth. */
  size(): number;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isComponent = (value: Record<string, unknown>): boolean =>
  typeof value.kind === 'string' && typeof value.key === 'string';

/** Elements of a list are told apart by the component they describe, never by their position: GPUs come and go. */
const elementKey = (element: unknown, index: number, identify: (c: Component) => Component): string => {
  if (!isObject(element)) return String(index);
  if (isObject(element.ref) && isComponent(element.ref)) return identify(element.ref as unknown as Component).key;
  return String(element.link ?? element.label ?? index);
};

export const createSeriesStore = (): SeriesStore => {
  const counters = new Map<string, Series & { raw: [number, number][] }>();
  const signals = new Map<string, Series>();

  const counterAt = (path: string): Series & { raw: [number, number][] } => {
    let series = counters.get(path);
    if (series === undefined) {
      series = { ...newSeries(), raw: [] };
      counters.set(path, series);
    }
    return series;
  };

  const remember = (raw: [number, number][], at: number, total: number): void => {
    const last = raw.at(-1);
    const beforeLast = raw.at(-2);
    if (last !== undefined && beforeLast !== undefined && last[1] === total && beforeLast[1] === total) last[0] = at;
    else raw.push([at, total]);
    // An hour's distance is enough for a day's window: the one-shot baseline stays a few kilobytes.
    if (raw.length > 64) raw.splice(1, raw.length - 32);
  };

  const counter = (path: string, total: N, at: number): Counter => {
    if (!total.ok) return Object.freeze({ total, increase: overWindows(() => total) });
    const series = counterAt(path);
    addTotal(series, at, total.value);
    remember(series.raw, at, total.value);
    return Object.freeze({ total, increase: overWindows((window) => increaseOver(series, window)) });
  };

  const signal = (path: string, latest: N, at: number): Signal => {
    if (!latest.ok) return Object.freeze({ latest, over: overWindows(() => latest) });
    let series = signals.get(path);
    if (series === undefined) {
      series = newSeries();
      signals.set(path, series);
    }
    addValue(series, at, latest.value);
    const held = series;
    return Object.freeze({ latest, over: overWindows((window) => spreadOver(held, window)) });
  };

  const walk = (value: unknown, path: string, at: number, identify: (c: Component) => Component): unknown => {
    if (Array.isArray(value)) {
      return Object.freeze(
        value.map((element, i) => walk(element, `${path}[${elementKey(element, i, identify)}]`, at, identify)),
      );
    }
    if (!isObject(value)) return value;
    if (isComponent(value)) return identify(value as unknown as Component);
    if (isObject(value.counter)) return counter(path, value.counter as unknown as N, at);
    if (isObject(value.signal)) return signal(path, value.signal as unknown as N, at);
    const derived: Record<string, unknown> = {};
    for (const key in value) derived[key] = walk(value[key], key === 'value' ? path : `${path}.${key}`, at, identify);
    return Object.freeze(derived);
  };

  return {
    derive: <T>(name: string, raw: Raw<T>, at: number, identify: (c: Component) => Component) =>
      walk(raw, name, at, identify) as T,
    baseline: ({ now, maxAgeSeconds, spacingSeconds }) => {
      const saved: Record<string, [number, number][]> = {};
      for (const [path, { raw }] of counters) {
        const kept: [number, number][] = [];
        for (const [i, sample] of raw.entries()) {
          const previous = kept.at(-1);
          const isLast = i === raw.length - 1;
          if (now - sample[0] > maxAgeSeconds * 1000) continue;
          if (isLast || previous === undefined || sample[0] - previous[0] >= spacingSeconds * 1000) kept.push(sample);
        }
        if (kept.length > 0) saved[path] = kept;
      }
      return saved;
    },
    restore: (baseline) => {
      for (const [path, samples] of Object.entries(baseline)) {
        const series = counterAt(path);
        for (const [at, total] of samples) {
          addTotal(series, at, total);
          remember(series.raw, at, total);
        }
      }
    },
    shift: (deltaMs) => {
      for (const { samples, raw } of counters.values()) {
        for (const sample of samples) sample.at += deltaMs;
        for (const pair of raw) pair[0] += deltaMs;
      }
      for (const { samples } of signals.values()) for (const sample of samples) sample.at += deltaMs;
    },
    size: () => counters.size + signals.size,
  };
};

/** For a fact whose source has never answered. */
export const neverCollected = (name: string) => absent('not-recorded', `no source provides ${name} here`);
