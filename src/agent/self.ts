import { readdirSync, readFileSync } from 'node:fs';
import type { Consumption } from './guard.ts';

/** Of this process, by the operating system's own account. */
export const consumption = (monotonicMs: () => number): Consumption => {
  const { user, system } = process.cpuUsage();
  return { at: monotonicMs(), cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
};

/** Open descriptors; nothing where there is no /proc. */
export const openDescriptors = (): number | undefined => {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
};

const numberIn = (file: string): number | undefined => {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
};

/** No machine has so much: version 1 of cgroups spells "no limit" as nearly 2^63. */
const UNLIMITED_BYTES = 2 ** 60;

const limitsOf = (line: string): readonly (number | undefined)[] => {
  const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  if (controllers === '') return ['memory.high', 'memory.max'].map((name) => numberIn(`/sys/fs/cgroup${path}/${name}`));
  if (!controllers.split(',').includes('memory')) return [];
  return [numberIn(`/sys/fs/cgroup/memory${path}/memory.limit_in_bytes`)];
};

/** What the control group of this process allows (bytes), whichever version; nothing where it allows everything. */
export const memoryLimit = (): number | undefined => {
  try {
    const limits = readFileSync('/proc/self/cgroup', 'utf8')
      .trim()
      .split('\n')
      .flatMap(limitsOf)
      .filter((limit): limit is number => limit !== undefined && limit > 0 && limit < UNLIMITED_BYTES);
    return limits.length === 0 ? undefined : Math.min(...limits);
  } catch {
    return undefined;
  }
};
