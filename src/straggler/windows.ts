import type { GpuSample, GpuWindow, ThrottleReason } from '../api.ts';
import { RULES } from './rules.ts';
import { quantile } from './statistics.ts';

/** The latest samples of one GPU, and what they come to. */
export interface SampleWindow {
  /** Samples that go back in time are of a clock that was set: what was seen before is forgotten. */
  add(sample: GpuSample): void;
  /** The window that ends at this moment; nothing where the GPU has not reported. */
  at(atMs: number): GpuWindow | undefined;
  latest(): GpuSample | undefined;
  /** The latest in which it worked: what drops at idle (the PCIe generation) is read there. */
  working(): GpuSample | undefined;
}

/** A clock that was stepped back by less is a hiccup of the logger. */
const STEP_BACK_MS = 60_000;

const REASONS: readonly ThrottleReason[] = [
  'sw_power_cap',
  'sw_thermal',
  'hw_slowdown',
  'hw_thermal',
  'hw_power_brake',
  'application_clocks',
];

/** A mean over what was told. */
interface Mean {
  sum: number;
  count: number;
}

const newMean = (): Mean => ({ sum: 0, count: 0 });

const take = (mean: Mean, value: number | undefined): void => {
  if (value === undefined) return;
  mean.sum += value;
  mean.count += 1;
};

/** Throttle time from the driver's counter, else from how often the reason held when it was sampled. */
const throttleRatioOf = (samples: readonly GpuSample[], reason: ThrottleReason): number | undefined => {
  let held = 0;
  let asked = 0;
  let counted = 0;
  let gained = 0;
  let previous = 0;
  let firstAt = 0;
  let lastAt = 0;
  for (const { at, throttled, throttleSeconds } of samples) {
    const bit = throttled?.[reason];
    if (bit !== undefined) {
      asked += 1;
      if (bit) held += 1;
    }
    const total = throttleSeconds?.[reason];
    if (total === undefined) continue;
    if (counted === 0) firstAt = at;
    // One that went down was reset and counts from zero: no more than the time since then.
    else gained += total >= previous ? total - previous : Math.min(total, (at - lastAt) / 1000);
    previous = total;
    lastAt = at;
    counted += 1;
  }
  if (counted > 1 && lastAt > firstAt) return Math.min(1, gained / ((lastAt - firstAt) / 1000));
  return asked === 0 ? undefined : held / asked;
};

const throttleRatios = (samples: readonly GpuSample[]): GpuWindow['throttleRatio'] => {
  const ratios: { [K in ThrottleReason]?: number } = {};
  for (const reason of REASONS) {
    const ratio = throttleRatioOf(samples, reason);
    if (ratio !== undefined) ratios[reason] = ratio;
  }
  return ratios;
};

type OpenWindow = { -readonly [K in keyof GpuWindow]: GpuWindow[K] };

/** Nothing where the tool printed lines, but no value in any of them: a GPU that is lost prints errors. */
const summary = (at: number, samples: readonly GpuSample[]): GpuWindow | undefined => {
  const busy = newMean();
  const clock = newMean();
  const power = newMean();
  const temperature = newMean();
  const clocks: number[] = [];
  let limit: number | undefined;
  for (const sample of samples) {
    const { utilizationRatio, smClockHertz } = sample;
    take(busy, utilizationRatio);
    take(power, sample.powerWatts);
    take(temperature, sample.temperatureCelsius);
    limit = sample.powerLimitWatts ?? limit;
    // An idle GPU's clock says nothing.
    if (smClockHertz === undefined || (utilizationRatio !== undefined && utilizationRatio < RULES.busyAt)) continue;
    take(clock, smClockHertz);
    clocks.push(smClockHertz);
  }
  const throttleRatio = throttleRatios(samples);
  const window: OpenWindow = { at, throttleRatio };
  if (busy.count > 0) window.busyRatio = busy.sum / busy.count;
  if (clock.count > 0) {
    window.smClockHertz = clock.sum / clock.count;
    window.smClockP05Hertz = quantile(clocks, 0.05);
  }
  if (power.count > 0) window.powerWatts = power.sum / power.count;
  if (limit !== undefined) window.powerLimitWatts = limit;
  if (temperature.count > 0) window.temperatureCelsius = temperature.sum / temperature.count;
  const told = busy.count + clock.count + power.count + temperature.count + Object.keys(throttleRatio).length;
  return told === 0 ? undefined : window;
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
      if (from > 0) samples.splice(0, from);
      // A log is asked for a minute when its next line has been read already.
      let to = samples.length;
      while (to > 0 && (samples[to - 1]?.at ?? 0) > atMs) to -= 1;
      const inside = to === samples.length ? samples : samples.slice(0, to);
      const last = inside.at(-1);
      if (last === undefined || inside.length < RULES.minSamples) return undefined;
      return atMs - last.at > RULES.maxSampleAgeSeconds * 1000 ? undefined : summary(atMs, inside);
    },
    latest: () => samples.at(-1),
    working: () =>
      samples.findLast(({ utilizationRatio }) => utilizationRatio !== undefined && utilizationRatio >= RULES.busyAt),
  };
};
