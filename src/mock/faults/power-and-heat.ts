import type { GpuState, ThrottleReason, World } from '../world/state.ts';
import { changeGpu, type Fault, faultSeconds } from './fault.ts';

/** Above the maximum operating temperature, below the one at which the hardware slows down (2 or 3 degrees more). */
const OVER_LIMIT_CELSIUS = 1;

export const hot: Fault = {
  name: 'hot',
  component: 'gpu',
  help: 'the GPU is a degree above its maximum operating temperature, not yet slowed down',
  apply: (world, target) =>
    changeGpu(world, target, ({ model }) => ({
      coreCelsius: model.temperature.maxOperatingCelsius + OVER_LIMIT_CELSIUS,
    })),
};

/** A reason that has been active for a share of the time, and is now. */
const throttled = (world: World, gpu: GpuState, reason: ThrottleReason, share: number): Partial<GpuState> => {
  const microseconds = Math.round(faultSeconds(world) * share * 1e6);
  return {
    throttleActive: { ...gpu.throttleActive, [reason]: true, hwSlowdown: true, idle: false },
    throttleMicroseconds: {
      ...gpu.throttleMicroseconds,
      [reason]: gpu.throttleMicroseconds[reason] + microseconds,
    },
  };
};

export const throttle: Fault = {
  name: 'throttle',
  component: 'gpu',
  help: 'the hardware lowers the clocks of the GPU for heat, 40 % of the time',
  apply: (world, target) => changeGpu(world, target, (gpu) => throttled(world, gpu, 'hwThermal', 0.4)),
};

export const powerBrake: Fault = {
  name: 'power-brake',
  component: 'gpu',
  help: 'the power brake of the chassis slows the GPU down, half of the time',
  apply: (world, target) => changeGpu(world, target, (gpu) => throttled(world, gpu, 'hwPowerBrake', 0.5)),
};

export const powerCap: Fault = {
  name: 'power-cap',
  component: 'gpu',
  help: 'the power limit of the GPU is lowered to 70 % of its default',
  apply: (world, target) =>
    changeGpu(world, target, ({ model }) => ({
      powerLimitWatts: Math.max(model.power.minWatts, Math.round(model.power.defaultWatts * 0.7)),
    })),
};
