import type { GpuSample, GpuWindow, ThrottleReason } from '../api.ts';
import { RULES } from './rules.ts';
import { mean, quantile } from './statistics.ts';

/** The latest samples of one GPU, and what they come to. */
export interface SampleWindow {
  /** Samples that go back in time are of a clock that was set: what was seen before is forgotten. */
  add(sample: GpuSample): void;
  /** The window that ends at this moment; nothing where the GPU has not reported. */
  at(atMs: number): GpuWindow | undefined;
  latest(): GpuSample | undefined;
}

/** A clock that was stepped back by less is a hiccup of the logger. */
const STEP_BACK_MS = 60_000;

const present = (samples: readonly GpuSample[], of: (sample: GpuSample) => number | undefined): number[] => {
  const values: number[] = [];
  for (const sample of samples) {
    const value = of(sample);
    if (value !== undefined) values.push(value);
  }
  return values;
};

/** Seconds that the counter gained; one that went down was reset and counts from zero. */
const gained = (totals: readonly number[]): number => {
  let sum = 0;
  for (let i = 1; i < totals.length; i++) {
    const from = totals[i - 1] ?? 0;
    const to = totals[i] ?? 0;
    sum += to >= from ? to - from : to;
  }
  return sum;
};

const throttleRatioOf = (samples: readonly GpuSample[], reason: ThrottleReason): number | undefined => {
  const counted = samples.filter(({ throttleSeconds }) => throttleSeconds?.[reason] !== undefined);
  const [first] = counted;
  const last = counted.at(-1);
  if (first !== undefined && last !== undefined && last.at > first.at) {
    const seconds = gained(counted.map(({ throttleSeconds }) => throttleSeconds?.[reason] ?? 0));
    return Math.min(1, seconds / ((last.at - first.at) / 1000));
  }
  const bits = present(samples, ({ throttled }) => {
    const bit = throttled?.[reason];
    return bit === undefined ? undefined : Number(bit);
  });
  return bits.length === 0 ? undefined : mean(bits);
};

const REASONS: readonly ThrottleReason[] = [
  'sw_power_cap',
  'sw_thermal',
  'hw_slowdown',
  'hw_thermal',
  'hw_power_brake',
  'application_clocks',
];

const throttleRatios = (samples: readonly GpuSample[]): GpuWindow['throttleRatio'] => {
  const ratios: { [K in ThrottleReason]?: number } = {};
  for (const reason of REASONS) {
    const ratio = throttleRatioOf(samples, reason);
    if (ratio !== undefined) ratios[reason] = ratio;
  }
  return ratios;
};

const given = <K extends string>(key: K, values: readonly number[], of: (values: readonly number[]) => number) =>
  values.length === 0 ? {} : ({ [key]: of(values) } as { [P in K]: number });

const isBusy = ({ utilizationRatio }: GpuSample): boolean =>
  utilizationRatio === undefined || utilizationRatio >= RULES.busyAt;

const summary = (at: number, samples: readonly GpuSample[]): GpuWindow => {
  const clocks = present(samples.filter(isBusy), ({ smClockHertz }) => smClockHertz);
  const limit = present(samples, ({ powerLimitWatts }) => powerLimitWatts).at(-1);
  return {
    at,
    ...given(
      'busyRatio',
      present(samples, ({ utilizationRatio }) => utilizationRatio),
      mean,
    ),
    ...given('smClockHertz', clocks, mean),
    ...given('smClockP05Hertz', clocks, (values) => quantile(values, 0.05)),
    ...given(
      'powerWatts',
      present(samples, ({ powerWatts }) => powerWatts),
      mean,
    ),
    ...(limit === undefined ? {} : { powerLimitWatts: limit }),
    ...given(
      'temperatureCelsius',
      present(samples, ({ temperatureCelsius }) => temperatureCelsius),
      mean,
    ),
    throttleRatio: throttleRatios(samples),
  };
};

export const createSampleWindow = (windowSeconds: number = RULES.windowSeconds): SampleWindow => {
  let samples: GpuSample[] = [];

  return {
    add: (sample) => {
      const last = samples.at(-1);
      if (last !== undefined && sample.at <= last.at) {
        if (last.at - sample.at < STEP_BACK_MS) return;
        samples = [];
      }
      samples.push(sample);
      // Also where nobody asks for a window: a day of samples must not pile up.
      if (samples.length > 16 && (samples[0]?.at ?? 0) < sample.at - 2 * windowSeconds * 1000) {
        samples = samples.filter(({ at }) => at > sample.at - windowSeconds * 1000);
      }
    },
    at: (atMs) => {
      const since = atMs - windowSeconds * 1000;
      let from = 0;
      while (from < samples.length && (samples[from]?.at ?? 0) <= since) from += 1;
      if (from > 0) samples = samples.slice(from);
      // A log is asked for a minute when its next line has been read already.
      let to = samples.length;
      while (to > 0 && (samples[to - 1]?.at ?? 0) > atMs) to -= 1;
      const inside = to === samples.length ? samples : samples.slice(0, to);
      const last = inside.at(-1);
      if (last === undefined || inside.length < RULES.minSamples) return undefined;
      return atMs - last.at > RULES.maxSampleAgeSeconds * 1000 ? undefined : summary(atMs, inside);
    },
    latest: () => samples.at(-1),
  };
};
