import { type Gpu, type N, type Raw, signal } from '../../api.ts';
import { watts } from '../quantity.ts';
import type { Leaves } from './leaves.ts';

/** `power_readings` until 525; `gpu_power_readings` from 535, with `power_draw` split in two by 570. */
const DRAW = [
  'gpu_power_readings/instant_power_draw',
  // Averages are N/A on A100, instants are N/A on some boards: whichever is told.
  'gpu_power_readings/average_power_draw',
  'gpu_power_readings/power_draw',
  'power_readings/power_draw',
];

export const power = ({ firstOf }: Leaves): Raw<Gpu>['power'] => {
  const limit = (name: string, before535 = name): N =>
    firstOf([`gpu_power_readings/${name}`, `power_readings/${before535}`], watts);
  return {
    drawWatts: signal(firstOf(DRAW, watts)),
    limitWatts: limit('current_power_limit', 'enforced_power_limit'),
    defaultLimitWatts: limit('default_power_limit'),
    minLimitWatts: limit('min_power_limit'),
    maxLimitWatts: limit('max_power_limit'),
  };
};
