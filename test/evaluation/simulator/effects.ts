import type { FaultProfile } from './fault-profiles.ts';
import { type GpuState, POWER_EXPONENT } from './gpu-state.ts';
import { meanLoad } from './part.ts';
import type { FaultKind } from './spec.ts';
import type { Workload } from './workload.ts';

/** The share of the usual clock at which compute takes (1 + level) times. */
export const clockFor = (level: number, clockBound: number): number => clockBound / (level + clockBound);

const speedAt = (clock: number, clockBound: number): number => 1 / (clockBound / clock + 1 - clockBound);

const DIP_CLOCK = 0.34;
const MOST_DIPS = 0.95;

/** Share of the time at a clock cut to a third at which compute takes (1 + level) times. */
export const dipDutyFor = (level: number, clockBound: number): number =>
  Math.min(MOST_DIPS, (1 - 1 / (1 + level)) / (1 - speedAt(DIP_CLOCK, clockBound)));

/** Below this margin under the highest operating temperature the driver starts to throttle. */
const THROTTLE_MARGIN_KELVIN = 4;

/** How much of its heat fault a GPU shows already: nothing while it is still cool. */
const throttleOf = (gpu: GpuState): number =>
  Math.max(
    0,
    Math.min(1, (gpu.celsius - (gpu.product.maxOperatingCelsius - THROTTLE_MARGIN_KELVIN)) / THROTTLE_MARGIN_KELVIN),
  );

const multiply = (gpu: GpuState, factor: number): void => {
  gpu.slower *= factor;
};

/** Lays one fault on one GPU; `level` as `levelFor` finds it, `share` of a heat fault that the software governor takes. */
export const applyFault = (
  gpu: GpuState,
  workload: Workload,
  kind: FaultKind,
  profile: FaultProfile,
  level: number,
  share: number,
): void => {
  const { clockBound, stepSeconds } = workload;
  const { product } = gpu;
  switch (profile.mechanism) {
    case 'heat': {
      // Bad enough that the governor has to take this much, although a slowed GPU draws less.
      const slowedWatts = (0.6 * meanLoad(workload, workload.load) * gpu.dynamicWatts) / (1 + 1.5 * level);
      gpu.extraKelvin = Math.max(
        0,
        product.maxOperatingCelsius + 8 - gpu.inletCelsius - gpu.kelvinPerWatt * (product.idleWatts + slowedWatts),
      );
      const felt = level * throttleOf(gpu);
      if (felt <= 0) return;
      const bySoftware = (1 + felt) ** share;
      multiply(gpu, 1 + felt);
      gpu.clockCap = Math.min(gpu.clockCap, gpu.usualClock * clockFor(bySoftware - 1, clockBound));
      gpu.thermalDuty = Math.min(1, 0.4 + 2 * felt);
      gpu.dipDuty = Math.max(gpu.dipDuty, dipDutyFor((1 + felt) / bySoftware - 1, clockBound));
      return;
    }
    case 'limit': {
      const clock = gpu.usualClock * clockFor(level, clockBound);
      const load = meanLoad(workload, workload.load * gpu.place.role.load);
      const watts = Math.round(product.idleWatts + gpu.dynamicWatts * load * clock ** POWER_EXPONENT);
      gpu.limitWatts = Math.min(product.limitWatts, Math.max(product.minLimitWatts, watts));
      const reached = ((gpu.limitWatts - product.idleWatts) / (gpu.dynamicWatts * load)) ** (1 / POWER_EXPONENT);
      multiply(gpu, Math.max(1, (clockBound * gpu.usualClock) / Math.min(reached, gpu.usualClock) + 1 - clockBound));
      return;
    }
    case 'brake':
      multiply(gpu, 1 + level);
      gpu.dipDuty = Math.max(gpu.dipDuty, dipDutyFor(level, clockBound));
      gpu.dipByBrake = true;
      return;
    case 'lock': {
      const wanted = gpu.usualClock * clockFor(level, clockBound) * product.maxSmMegahertz;
      gpu.lockMegahertz = Math.max(product.idleSmMegahertz, Math.round(wanted / 15) * 15);
      gpu.clockCap = Math.min(gpu.clockCap, gpu.lockMegahertz / product.maxSmMegahertz);
      multiply(gpu, Math.max(1, (clockBound * gpu.usualClock) / gpu.clockCap + 1 - clockBound));
      return;
    }
    case 'memory':
      multiply(gpu, 1 + level);
      gpu.activity /= 1 + 0.8 * level;
      gpu.remappedByFault = 12;
      return;
    case 'small_gaps':
      multiply(gpu, 1 + level);
      gpu.activity /= 1 + level;
      gpu.smallGaps = Math.min(0.6, level / (1 + level));
      return;
    case 'gap':
    case 'rotating_gap':
      gpu.extraGapSeconds += level * stepSeconds;
      if (kind === 'pcie_width') gpu.pcieWidth = 8;
      if (kind === 'pcie_generation') gpu.pcieGeneration = Math.min(3, product.pcieGeneration - 1);
      return;
    case 'communication':
      return;
  }
};
