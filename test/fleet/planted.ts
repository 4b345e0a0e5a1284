import type { CauseKind, ThrottleReason } from '../../src/api.ts';

/** What a fault does to a GPU: factors of what is healthy, and what its agent says of it. */
export interface Fault {
  readonly cause?: CauseKind;
  /** Of the whole node: its series have no GPU labels. */
  readonly nodeCause?: CauseKind;
  readonly clock: number;
  readonly clockP05: number;
  readonly power: number;
  readonly temperatureKelvin: number;
  readonly powerLimitWatts?: number;
  readonly throttle: Readonly<Partial<Record<ThrottleReason, number>>>;
}

const healthy: Fault = { clock: 1, clockP05: 1, power: 1, temperatureKelvin: 0, throttle: {} };

export const FAULTS = {
  // Dips to a fraction of the clock, a mean not far below, less power: what throttled V100s of Longhorn did.
  thermal: {
    ...healthy,
    cause: 'thermal_throttle',
    clock: 0.9,
    clockP05: 0.45,
    power: 0.9,
    temperatureKelvin: 22,
    throttle: { sw_thermal: 0.22, hw_thermal: 0.04 },
  },
  powerLimit: {
    ...healthy,
    cause: 'power_limit_lowered',
    clock: 0.84,
    clockP05: 0.8,
    power: 0.78,
    temperatureKelvin: -6,
    powerLimitWatts: 500,
    throttle: { sw_power_cap: 0.97 },
  },
  lockedClocks: {
    ...healthy,
    cause: 'clocks_locked',
    clock: 0.7,
    clockP05: 0.71,
    power: 0.68,
    temperatureKelvin: -9,
    throttle: { application_clocks: 1 },
  },
  pcie: { ...healthy, cause: 'pcie_degraded', power: 0.86, temperatureKelvin: -4 },
  slowHost: { ...healthy, nodeCause: 'host_pressure', power: 0.84, temperatureKelvin: -5 },
} as const satisfies Readonly<Record<string, Fault>>;

export interface Planted {
  readonly node: number;
  /** Without one the whole node has it. */
  readonly gpu?: number;
  readonly fault: keyof typeof FAULTS;
}

/** One of each; all of them on the first 32 nodes, so that a small fleet has them too. */
export const PLANTED: readonly Planted[] = [
  { node: 5, gpu: 1, fault: 'powerLimit' },
  { node: 9, gpu: 0, fault: 'lockedClocks' },
  { node: 12, gpu: 2, fault: 'pcie' },
  { node: 17, gpu: 3, fault: 'thermal' },
  { node: 21, fault: 'slowHost' },
];

export const faultOf = (node: number, gpu: number): Fault => {
  const planted = PLANTED.find((one) => one.node === node && (one.gpu ?? gpu) === gpu);
  return planted === undefined ? healthy : FAULTS[planted.fault];
};
