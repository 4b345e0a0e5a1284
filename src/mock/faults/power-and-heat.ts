import type { ThrottleReason } from '../world/state.ts';
import { changeGpu, type Fault, lastedSeconds } from './fault.ts';

/** Above the maximum operating temperature, below the one at which the hardware slows down (2 or 3 degrees more). */
const OVER_LIMIT_CELSIUS = 1;

export const hot: Fault = {
  name: 'hot',
  component: 'gpu',
  help: 'the GPU is a degree above its maximum operating temperature, not yet slowed down',
  survivesReset: true,
  breaks: (world, target) =>
    changeGpu(world, target, ({ model }) => ({
      coreCelsius: model.temperature.maxOperatingCelsius + OVER_LIMIT_CELSIUS,
    })),
};

/** A reason that is active now, and has been for a share of the time. */
const throttling = (reason: ThrottleReason, share: number): Pick<Fault, 'breaks' | 'leaves'> => ({
  breaks: (world, target) =>
    changeGpu(world, target, ({ throttleActive }) => ({
      throttleActive: { ...throttleActive, [reason]: true, hwSlowdown: true, idle: false },
    })),
  leaves: (world, target, period) =>
    changeGpu(world, target, ({ throttleMicroseconds, loadedMs }) => ({
      throttleMicroseconds: {
        ...throttleMicroseconds,
        [reason]: throttleMicroseconds[reason] + Math.round(lastedSeconds(period, loadedMs) * share * 1e6),
      },
    })),
});

export const throttle: Fault = {
  name: 'throttle',
  component: 'gpu',
  help: 'the hardware lowers the clocks of the GPU for heat, 40 % of the time',
  survivesReset: true,
  ...throttling('hwThermal', 0.4),
};

export const powerBrake: Fault = {
  name: 'power-brake',
  component: 'gpu',
  help: 'the power brake of the chassis slows the GPU down, half of the time',
  survivesReset: true,
  ...throttling('hwPowerBrake', 0.5),
};

export const powerCap: Fault = {
  name: 'power-cap',
  component: 'gpu',
  help: 'the power limit of the GPU is lowered to 70 % of its default',
  breaks: (world, target) =>
    changeGpu(world, target, ({ model }) => ({
      powerLimitWatts: Math.max(model.power.minWatts, Math.round(model.power.defaultWatts * 0.7)),
    })),
};
