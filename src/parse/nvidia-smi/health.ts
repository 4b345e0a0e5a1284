import { absent, type GpuHealth, known, type Reading } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import type { GpuElement } from './xml.ts';

/** Where "Unknown Error" means a sick GPU. Eight healthy RTX 4090 print it for their addressing mode (real capture, 535.154). */
const CORE = [
  'temperature/gpu_temp',
  'fb_memory_usage/total',
  'fb_memory_usage/used',
  'clocks/sm_clock',
  'clocks/mem_clock',
  'gpu_power_readings/instant_power_draw',
  'gpu_power_readings/average_power_draw',
  'gpu_power_readings/power_draw',
  'power_readings/power_draw',
];
const CONTAINERS = new Set(CORE.map((path) => path.slice(0, path.indexOf('/'))));

const bare = (text: string): string => text.replace(/^\[|\]$/g, '').toLowerCase();

/** How the GPU answers. What the driver says of a lost GPU stands in many leaves, while name and UUID still look well. */
export const health = ({ leaves, damage }: GpuElement): Reading<GpuHealth> => {
  let answered = false;
  let unknownError = false;
  let resetNeeded = false;
  for (const [path, text] of leaves) {
    const said = bare(text);
    if (said === 'gpu is lost') return known('lost');
    if (said === 'gpu requires reset') resetNeeded = true;
    if (!CORE.includes(path) && !CONTAINERS.has(path)) continue;
    if (said === 'unknown error' || said === 'err!') unknownError = true;
    answered ||= CORE.includes(path) && absenceOf(text) === undefined;
  }
  if (resetNeeded) return known('requires-reset');
  if (unknownError) return known('unknown-error');
  if (answered) return known('answering');
  return absent('failed', damage ?? 'none of temperature, power, clocks and memory has a value');
};
