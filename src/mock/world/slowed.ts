import type { GpuState, World } from './state.ts';

/** What a GPU is held to while a reason is active: of its clock, and of its power, which falls faster. */
interface Hold {
  readonly clock: number;
  readonly power: number;
}
/** In its worst case the thermal slowdown halves the clock, and it comes and goes; the brake is made for an emergency. */
const THERMAL: Hold = { clock: 0.82, power: 0.72 };
const BRAKE: Hold = { clock: 0.5, power: 0.4 };

/** Clocks come in steps of 15 MHz. */
const step = (megahertz: number): number => Math.round(megahertz / 15) * 15;

const held = (gpu: GpuState, { clock, power }: Hold): GpuState => ({
  ...gpu,
  smMHz: step(gpu.smMHz * clock),
  powerWatts: gpu.powerWatts * power,
});

/** Power falls about with the square of the clock (voltage falls with it), so the clock with its root. */
const capped = (gpu: GpuState): GpuState => {
  const { defaultWatts } = gpu.model.power;
  if (gpu.powerLimitWatts >= defaultWatts) return gpu;
  const share = gpu.powerLimitWatts / defaultWatts;
  return {
    ...gpu,
    smMHz: step(gpu.smMHz * Math.sqrt(share)),
    powerWatts: Math.min(gpu.powerWatts, gpu.powerLimitWatts * 0.99),
    throttleActive: { ...gpu.throttleActive, swPowerCap: true },
  };
};

const slowedGpu = (gpu: GpuState): GpuState => {
  // An idle GPU has nothing to be slow with.
  if (gpu.utilizationPercent < 50) return gpu;
  const { hwThermal, hwPowerBrake } = gpu.throttleActive;
  const afterHeat = hwThermal ? held(gpu, THERMAL) : gpu;
  return capped(hwPowerBrake ? held(afterHeat, BRAKE) : afterHeat);
};

/** What throttling, the brake and a lowered limit do to a GPU at work, in whatever order the faults were asked for. */
export const slowed = (world: World): World => ({ ...world, gpus: world.gpus.map(slowedGpu) });
