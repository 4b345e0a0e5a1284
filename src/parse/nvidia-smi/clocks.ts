import { type Gpu, type Raw, signal } from '../../api.ts';
import { hertz } from '../quantity.ts';
import type { Leaves } from './leaves.ts';

export const clock = ({ read }: Leaves): Raw<Gpu>['clock'] => ({
  smHertz: signal(read('clocks/sm_clock', hertz)),
  memoryHertz: signal(read('clocks/mem_clock', hertz)),
  maxSmHertz: read('max_clocks/sm_clock', hertz),
  maxMemoryHertz: read('max_clocks/mem_clock', hertz),
  // Application clocks are set for the graphics domain, which SM clocks follow (NVIDIA nvml.h).
  applicationSmHertz: read('applications_clocks/graphics_clock', hertz),
  defaultApplicationSmHertz: read('default_applications_clocks/graphics_clock', hertz),
});
