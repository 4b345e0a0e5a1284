import type { EffectFeature, EvidenceFamily, GpuWindow } from '../api.ts';

/** What is compared with the peers. */
export interface Feature {
  readonly name: Exclude<EffectFeature, 'step_time'>;
  readonly family: EvidenceFamily;
  /** Shares are compared as logarithms, temperatures in kelvin. */
  readonly scale: 'share' | 'kelvin';
  /** −1: lower than the peers is worse. */
  readonly worse: -1 | 1;
  /** The spread of healthy peers is never taken for less: near-constant peers would make every deviation an outlier. */
  readonly spreadFloor: number;
  /** A smaller deviation costs a job nothing that anybody would act on. */
  readonly minEffect: number;
  /** A slot's own deviation is never taken for more, so that a fault that grows slowly is not learned. */
  readonly slotLimit: number;
  readonly read: (window: GpuWindow) => number | undefined;
}

/**
 * Floors and minimum effects: Monte-Carlo runs over eight GPUs with slot effects of 1.2 % and load noise of 2 to 10 %;
 * below them false alarms outnumber faults (`npm run bench:stragglers`). Slots of healthy HGX B200 nodes differ by 2.6 to
 * 4.2 % from the fastest to the slowest (sustained GEMM by slot, public GPU Fryer tables), hence ±3 % of clock.
 */
export const FEATURES: readonly Feature[] = [
  {
    name: 'sm_clock',
    family: 'clock',
    scale: 'share',
    worse: -1,
    spreadFloor: 0.005,
    minEffect: 0.03,
    slotLimit: 0.03,
    read: ({ smClockHertz }) => smClockHertz,
  },
  {
    // Throttling by the hardware shows as dips to a fraction of the clock that a median never sees (V100 nodes of
    // "Not All GPUs Are Created Equal", SC22: 300 to 700 of 1530 MHz).
    name: 'sm_clock_p05',
    family: 'clock',
    scale: 'share',
    worse: -1,
    spreadFloor: 0.02,
    minEffect: 0.15,
    slotLimit: 0.03,
    read: ({ smClockP05Hertz }) => smClockP05Hertz,
  },
  {
    name: 'power',
    family: 'power',
    scale: 'share',
    worse: -1,
    spreadFloor: 0.015,
    minEffect: 0.05,
    slotLimit: 0.04,
    read: ({ powerWatts }) => powerWatts,
  },
  {
    name: 'busy',
    family: 'progress',
    scale: 'share',
    worse: -1,
    // nvidia-smi rounds to 1 %, and GPUs that wait in NCCL show 100 %.
    spreadFloor: 0.02,
    minEffect: 0.08,
    slotLimit: 0,
    read: ({ busyRatio }) => busyRatio,
  },
  {
    name: 'temperature',
    family: 'thermal',
    scale: 'kelvin',
    worse: 1,
    spreadFloor: 2,
    minEffect: 8,
    slotLimit: 10,
    read: ({ temperatureCelsius }) => temperatureCelsius,
  },
];

export type FeatureName = Feature['name'];

/** Comparable: logarithm or kelvin; NaN where it was not told or is no positive number. */
export const comparable = ({ scale, read }: Feature, window: GpuWindow | undefined): number => {
  const value = window === undefined ? undefined : read(window);
  if (value === undefined || !Number.isFinite(value)) return Number.NaN;
  if (scale === 'kelvin') return value;
  return value > 0 ? Math.log(value) : Number.NaN;
};

/** The reverse, for people. */
export const plain = ({ scale }: Feature, compared: number): number =>
  scale === 'kelvin' ? compared : Math.exp(compared);

/** A difference of what is comparable, for people: a share, or kelvin. */
export const asShare = ({ scale }: Feature, difference: number): number =>
  scale === 'kelvin' ? difference : 1 - Math.exp(-difference);

/** By how much `compared` is worse than `centre`; negative where it is better. A share, or kelvin. */
export const worsening = (feature: Feature, compared: number, centre: number): number =>
  asShare(feature, feature.worse * (compared - centre));
