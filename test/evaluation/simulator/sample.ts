import { type GpuState, POWER_EXPONENT, REASONS } from './gpu-state.ts';
import { type PartState, SHORT_STEP_SECONDS } from './part.ts';
import { normal, type Random } from './random.ts';

/** nvidia-smi's utilization and, from Ampere on, power are means over about this long (NVIDIA nvidia-smi manual). */
const METER_SECONDS = 1;
const CLOCK_STEP_MEGAHERTZ = 15;
/** Heat sink and die together; the temperature follows the power this slowly. */
export const THERMAL_SECONDS = 40;

export interface Conditions {
  readonly intervalSeconds: number;
  readonly loadNoise: number;
  /** Load of the fleet at this hour, around 1. */
  readonly daily: number;
  /** Inlet air at this hour against the usual. */
  readonly inletKelvin: number;
  readonly spikeChance: number;
  /** How far a temperature gets to its target in an interval. */
  readonly warming: number;
}

const clamp = (value: number, low: number, high: number): number => (value < low ? low : Math.min(value, high));

/** Length of [from, until] inside the meter's window that ends at `phase`, on a circle of length 1. */
const overlap = (from: number, until: number, start: number, phase: number): number => {
  const here = Math.min(until, phase) - Math.max(from, start);
  const before = start < 0 ? until - Math.max(from, 1 + start) : 0;
  return Math.max(here, 0) + Math.max(before, 0);
};

const heatUp = (gpu: GpuState, watts: number, conditions: Conditions): void => {
  const target = gpu.inletCelsius + conditions.inletKelvin + gpu.kelvinPerWatt * watts + gpu.extraKelvin;
  gpu.celsius += (target - gpu.celsius) * conditions.warming;
  const highest = gpu.product.maxOperatingCelsius + 1.5;
  // What throttles holds its temperature: the governor takes as much as it must.
  if (gpu.extraKelvin > 0 && gpu.celsius > highest) gpu.celsius = highest;
};

/** No kernel, and a context or none. */
export const sampleQuiet = (
  gpu: GpuState,
  watts: number,
  megahertz: number,
  conditions: Conditions,
  random: Random,
): void => {
  gpu.utilizationPercent = 0;
  gpu.watts = watts * (1 + 0.006 * normal(random));
  gpu.smMegahertz = Math.min(megahertz, gpu.lockMegahertz);
  gpu.reasons = 0;
  heatUp(gpu, gpu.watts, conditions);
};

/** Spins in a collective, all through the sample. */
export const sampleSpinning = (part: PartState, gpu: GpuState, conditions: Conditions, random: Random): void => {
  const clock = Math.min(1, gpu.clockCap);
  gpu.utilizationPercent = 100;
  gpu.watts =
    (gpu.product.idleWatts + gpu.dynamicWatts * part.workload.spinLoad * clock ** POWER_EXPONENT) *
    (1 + 0.01 * normal(random));
  gpu.smMegahertz = clockSteps(gpu, clock);
  gpu.reasons = 0;
  heatUp(gpu, gpu.watts, conditions);
};

const clockSteps = (gpu: GpuState, clock: number): number => {
  const { maxSmMegahertz, idleSmMegahertz } = gpu.product;
  if (clock >= 1) return maxSmMegahertz;
  const megahertz = Math.floor((clock * maxSmMegahertz) / CLOCK_STEP_MEGAHERTZ + 0.5) * CLOCK_STEP_MEGAHERTZ;
  return clamp(megahertz, idleSmMegahertz, maxSmMegahertz);
};

/** Some other load without a barrier, such as serving or evaluation: busy that share of the time. */
export const sampleLoad = (
  part: PartState,
  gpu: GpuState,
  busy: number,
  load: number,
  conditions: Conditions,
  random: Random,
): void => sampleMix(part, gpu, 1 - busy, busy, 0, 1 - busy, busy, 0.5, load, true, conditions, random);

/** In a step of its job at `phase`: first the host's gap, then compute, then it spins until the last rank is there. */
export const sampleStep = (
  part: PartState,
  gpu: GpuState,
  phase: number,
  conditions: Conditions,
  random: Random,
): void => {
  const step = part.stepSeconds;
  const gap = Math.min(0.98, gpu.gapSeconds / step);
  const compute = Math.min(1 - gap, gpu.computeSeconds / step);
  // Of a pipeline's bubble half is seen as idle: receives are posted late.
  const bubble = 0.5 * (1 - part.barrier.fill) * Math.max(0, 1 - gap - compute);
  const idle = gap + bubble;
  const window = Math.min(1, METER_SECONDS / step);
  if (window >= 1) {
    sampleMix(
      part,
      gpu,
      idle,
      compute,
      1 - idle - compute,
      idle,
      compute,
      phase,
      part.workload.load,
      true,
      conditions,
      random,
    );
    return;
  }
  const start = phase - window;
  const idleSeen = overlap(0, idle, start, phase) / window;
  const computeSeen = overlap(idle, idle + compute, start, phase) / window;
  sampleMix(
    part,
    gpu,
    idleSeen,
    computeSeen,
    Math.max(0, 1 - idleSeen - computeSeen),
    idle,
    compute,
    phase,
    part.workload.load,
    step < SHORT_STEP_SECONDS,
    conditions,
    random,
  );
};

/** Clock, power, utilization and reasons of a sample that saw these shares of idle, compute and spinning. */
const sampleMix = (
  part: PartState,
  gpu: GpuState,
  idleSeen: number,
  computeSeen: number,
  spinSeen: number,
  idleShare: number,
  computeShare: number,
  phase: number,
  load: number,
  short: boolean,
  conditions: Conditions,
  random: Random,
): void => {
  const { product, dynamicWatts } = gpu;
  const { workload } = part;
  const { intervalSeconds, loadNoise, daily } = conditions;
  const wobble = clamp(1 + loadNoise * gpu.drift, 0.4, 1.6);
  const computeLoad = load * gpu.place.role.load * gpu.activity * daily * wobble;
  const spinLoad = workload.spinLoad;
  const demand =
    dynamicWatts *
    (short ? computeLoad * computeShare + spinLoad * Math.max(0, 1 - idleShare - computeShare) : computeLoad);
  const room = gpu.limitWatts - product.idleWatts;
  const capped = demand > room;
  // The controller hunts around its limit.
  const governed = capped ? (room / demand) ** (1 / POWER_EXPONENT) * (1 + 0.004 * normal(random)) : 1;
  if (gpu.limitWatts === product.limitWatts) {
    const bound = workload.clockBound;
    gpu.clockTime = (bound * gpu.meanClock) / Math.min(1, governed) + 1 - bound;
  }
  const dipping = gpu.dipDuty > 0 && random() < gpu.dipDuty;
  const { low, high } = product.slowdownClock;
  const cap = gpu.clockCap;
  let compute = Math.min(governed, cap);
  let spin = short ? compute : cap;
  let idle = short ? compute : cap;
  if (dipping) {
    compute = Math.min(compute, low + (high - low) * random());
    spin = compute;
    idle = compute;
  }
  const computePower = compute < 1 ? compute ** POWER_EXPONENT : 1;
  const spinPower = spin === compute ? computePower : spin < 1 ? spin ** POWER_EXPONENT : 1;
  const watts =
    idleSeen * product.readyWatts +
    computeSeen * (product.idleWatts + dynamicWatts * computeLoad * computePower) +
    spinSeen * (product.idleWatts + dynamicWatts * spinLoad * spinPower);
  const inGap = phase < idleShare;
  const inCompute = !inGap && phase < idleShare + computeShare;
  let clock = inGap ? idle : inCompute ? compute : spin;
  let busy = 1 - idleSeen - 0.3 * gpu.smallGaps * random();
  let power = watts * (1 + 0.006 * normal(random));
  if (conditions.spikeChance > 0 && random() < conditions.spikeChance) {
    clock *= 0.4 + 0.5 * random();
    power *= 0.5 + 0.4 * random();
    busy *= random();
  }
  const most = gpu.limitWatts * 1.02;
  gpu.watts = Math.min(power, most);
  gpu.smMegahertz = clockSteps(gpu, clock);
  gpu.utilizationPercent = clamp(
    Math.round(100 * busy - (busy < 0.995 ? 2 * random() : random() < 0.2 ? 1 : 0)),
    0,
    100,
  );

  const microseconds = intervalSeconds * 1e6;
  let reasons = 0;
  if (capped && governed < cap) {
    const share = short ? 1 - idleShare : computeShare;
    gpu.powerCapMicroseconds += Math.round(microseconds * share);
    if (short || inCompute) reasons |= REASONS.powerCap;
  }
  if (gpu.thermalDuty > 0) {
    gpu.softwareThermalMicroseconds += Math.round(microseconds * gpu.thermalDuty);
    if (random() < gpu.thermalDuty) reasons |= REASONS.swThermal;
  }
  if (gpu.dipDuty > 0) {
    const held = Math.round(microseconds * gpu.dipDuty);
    if (gpu.dipByBrake) gpu.brakeMicroseconds += held;
    else gpu.hardwareThermalMicroseconds += held;
    if (dipping) reasons |= REASONS.hwSlowdown | (gpu.dipByBrake ? REASONS.brake : REASONS.hwThermal);
  }
  gpu.reasons = reasons;
  heatUp(gpu, gpu.watts, conditions);
};
