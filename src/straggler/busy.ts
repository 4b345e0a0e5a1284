import type { GpuMinute, GpuWindow } from '../api.ts';
import { RULES } from './rules.ts';

/**
 * Idle boards with clocks held high draw up to 188 of 700 W (an HGX H100 in IBM Cloud's documentation), working ones more
 * than half of their limit.
 */
const IDLE_POWER_SHARE = 0.3;

/** How busy, 0–1; by the power where no utilisation is printed (MIG, some virtual GPUs), else taken to be at work. */
export const busyShare = ({ busyRatio, powerWatts, powerLimitWatts }: GpuWindow): number => {
  if (busyRatio !== undefined) return busyRatio;
  if (powerWatts === undefined || powerLimitWatts === undefined) return 1;
  return powerWatts >= IDLE_POWER_SHARE * powerLimitWatts ? 1 : 0;
};

/**
 * How busy a GPU must be to be compared. Where most of a job works one that does half as much is late; where few do (one
 * GPU of eight, requests that come and go) those that work are compared among themselves.
 */
export const comparedFrom = (minutes: readonly GpuMinute[]): number => {
  const present = minutes.filter(({ window }) => window !== undefined);
  const working = present.filter(({ window }) => isWorking(window)).length;
  return working >= RULES.activeShare * present.length ? RULES.comparedFrom : RULES.busyAt;
};

export const isWorking = (window: GpuWindow | undefined): boolean =>
  window !== undefined && busyShare(window) >= RULES.busyAt;
