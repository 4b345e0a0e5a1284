import type { Place } from './layout.ts';
import type { Product } from './products.ts';
import { heavyTailed, normal, type Random } from './random.ts';

/** Dynamic power follows the clock with this exponent (voltage falls with it; between 2 and 3 near the top). */
export const POWER_EXPONENT = 2.6;

// Between GPUs of one node, from two healthy B200 nodes: sigma 1.1-1.6 % with the same pattern in both, the GPUs further
// down the air flow of each row slower. Between dies: robust sigma 1.7 % over GPUs of one cluster (SGEMM, Longhorn).
const SLOT_SIGMA = 0.012;
const SLOT_PATTERN = [1.1, 0.9, -0.3, -1.3, 1.0, 1.2, -1.5, -1.1];
const SILICON_SIGMA = 0.017;

/** A GPU while it is simulated. Everything below `rank` changes from sample to sample. */
export interface GpuState {
  readonly product: Product;
  readonly uuid: string;
  readonly index: number;
  readonly node: number;
  readonly place: Place;
  readonly rank: number;
  /** Of its product, against the first product of the job. */
  readonly speed: number;
  /** Tensor power at the highest clock; good silicon needs less. */
  readonly dynamicWatts: number;
  readonly kelvinPerWatt: number;
  readonly inletCelsius: number;
  /** Compute time against a GPU of the product's mean where no limit holds the clock down. */
  readonly ownFactor: number;
  /** Clock at the usual load, as a share of the highest, of this GPU and of the product's mean. */
  usualClock: number;
  meanClock: number;

  drift: number;
  clockTime: number;
  computeSeconds: number;
  gapSeconds: number;
  celsius: number;

  /** What faults do to it. */
  slower: number;
  extraGapSeconds: number;
  clockCap: number;
  limitWatts: number;
  dipDuty: number;
  dipByBrake: boolean;
  thermalDuty: number;
  extraKelvin: number;
  activity: number;
  smallGaps: number;
  pcieWidth: number;
  pcieGeneration: number;
  remappedRows: number;
  remappedByFault: number;
  lockMegahertz: number;

  /** The sample. */
  utilizationPercent: number;
  smMegahertz: number;
  watts: number;
  /** Bits of `REASONS`. */
  reasons: number;
  powerCapMicroseconds: number;
  softwareThermalMicroseconds: number;
  hardwareThermalMicroseconds: number;
  brakeMicroseconds: number;
  gone: boolean;
}

export const REASONS = { powerCap: 1, hwSlowdown: 2, hwThermal: 4, brake: 8, swThermal: 16 } as const;

const uuidOf = (random: Random): string => {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  return `GPU-${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
};

export interface NodeAir {
  readonly inletCelsius: number;
  readonly fan: number;
}

export const createGpu = (
  product: Product,
  random: Random,
  where: {
    readonly node: number;
    readonly index: number;
    readonly rank: number;
    readonly place: Place;
    readonly speed: number;
  },
  air: NodeAir,
): GpuState => {
  const slot = SLOT_SIGMA * (SLOT_PATTERN[where.index % SLOT_PATTERN.length] ?? 0);
  const faster = slot + SILICON_SIGMA * normal(random);
  const kelvinPerWatt = product.kelvinPerWatt * air.fan * (1 - 5 * slot) * (1 + 0.03 * normal(random));
  // A few rows remapped long ago are common and harmless.
  const remappedRows = random() < 0.03 ? 1 + Math.floor(random() * 2) : 0;
  return {
    product,
    uuid: uuidOf(random),
    ...where,
    dynamicWatts: product.tensorWatts * Math.exp(-POWER_EXPONENT * faster),
    kelvinPerWatt,
    inletCelsius: air.inletCelsius,
    ownFactor: Math.exp(-0.4 * faster),
    usualClock: 1,
    meanClock: 1,
    drift: heavyTailed(random),
    clockTime: 1,
    computeSeconds: 0,
    gapSeconds: 0,
    celsius: air.inletCelsius + kelvinPerWatt * product.idleWatts,
    slower: 1,
    extraGapSeconds: 0,
    clockCap: 1,
    limitWatts: product.limitWatts,
    dipDuty: 0,
    dipByBrake: false,
    thermalDuty: 0,
    extraKelvin: 0,
    activity: 1,
    smallGaps: 0,
    pcieWidth: 16,
    pcieGeneration: product.pcieGeneration,
    remappedRows,
    remappedByFault: 0,
    lockMegahertz: product.maxSmMegahertz,
    utilizationPercent: 0,
    smMegahertz: product.idleSmMegahertz,
    watts: product.idleWatts,
    reasons: 0,
    powerCapMicroseconds: Math.floor(random() * 4e9),
    softwareThermalMicroseconds: Math.floor(random() * 2) * Math.floor(random() * 5e6),
    hardwareThermalMicroseconds: 0,
    brakeMicroseconds: 0,
    gone: false,
  };
};

/** Before faults are laid on it anew. */
export const clearFaults = (gpu: GpuState): void => {
  gpu.slower = 1;
  gpu.extraGapSeconds = 0;
  gpu.clockCap = 1;
  gpu.limitWatts = gpu.product.limitWatts;
  gpu.dipDuty = 0;
  gpu.dipByBrake = false;
  gpu.thermalDuty = 0;
  gpu.extraKelvin = 0;
  gpu.activity = 1;
  gpu.smallGaps = 0;
  gpu.pcieWidth = 16;
  gpu.pcieGeneration = gpu.product.pcieGeneration;
  gpu.remappedByFault = 0;
  gpu.lockMegahertz = gpu.product.maxSmMegahertz;
};
