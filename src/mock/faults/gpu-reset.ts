import { everyReason } from '../world/healthy-gpu.ts';
import { changeGpu, type Fault } from './fault.ts';

/**
 * What the driver counts since it took the GPU into use begins again from 0: PCIe replays and throttle time here,
 * volatile ECC by `loadedMs`. Which faults it ends is a matter of when it happens: `injectFault` does that.
 */
export const gpuReset: Fault = {
  name: 'gpu-reset',
  component: 'gpu',
  help: 'an action: a reset ends the earlier faults of the GPU, not those of its hardware, and zeroes its counters since load',
  event: true,
  leaves: (world, target, { fromMs }) =>
    changeGpu(world, target, () => ({ loadedMs: fromMs, replays: 0, throttleMicroseconds: everyReason(0) })),
};
