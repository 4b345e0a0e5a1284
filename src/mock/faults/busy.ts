import { wobble } from '../world/noise.ts';
import type { GpuState, World } from '../world/state.ts';
import { type Fault, lastedSeconds, type Period } from './fault.ts';

/** Share of the time that a healthy GPU under full load runs at its power limit. */
const POWER_CAPPED_SHARE = 0.05;

const atWork = (world: World, gpu: GpuState): Partial<GpuState> => {
  const noise = (sensor: string, amplitude: number): number =>
    wobble(world.seed, `${gpu.slot.pci}/busy-${sensor}`, world.atMs, amplitude);
  const { maxSm, maxVideo } = gpu.model.clocksMHz;
  const usedMiB = Math.round(gpu.model.memory.totalMiB * 0.86);
  return {
    utilizationPercent: Math.round(97 + noise('gpu', 2)),
    memoryUtilizationPercent: Math.round(58 + noise('memory', 8)),
    processes: [{ pid: 48211 + gpu.position, name: '/usr/bin/python3', usedMiB }],
    coreCelsius: Math.round(gpu.slot.loadCelsius + noise('core', 1.5)),
    memoryCelsius: Math.round(gpu.slot.loadCelsius + 8 + noise('memory-celsius', 1.5)),
    powerWatts: Math.min(gpu.powerLimitWatts, gpu.powerLimitWatts * (0.93 + noise('power', 0.05))),
    modulePowerWatts: gpu.modulePowerWatts + 1.7 * gpu.powerLimitWatts,
    smMHz: Math.round((maxSm - 90 + noise('clock', 60)) / 15) * 15,
    videoMHz: maxVideo,
    throttleActive: { ...gpu.throttleActive, idle: false },
  };
};

const powerCapped = (gpu: GpuState, period: Period): Partial<GpuState> => ({
  throttleMicroseconds: {
    ...gpu.throttleMicroseconds,
    swPowerCap:
      gpu.throttleMicroseconds.swPowerCap + Math.round(lastedSeconds(period, gpu.loadedMs) * POWER_CAPPED_SHARE * 1e6),
  },
});

/** Not a fault: a job on all GPUs. */
export const busy: Fault = {
  name: 'busy',
  component: 'node',
  help: 'not a fault: a training job on all GPUs',
  breaks: (world) => ({ ...world, gpus: world.gpus.map((gpu) => ({ ...gpu, ...atWork(world, gpu) })) }),
  leaves: (world, _, period) => ({
    ...world,
    gpus: world.gpus.map((gpu) => ({ ...gpu, ...powerCapped(gpu, period) })),
  }),
};
