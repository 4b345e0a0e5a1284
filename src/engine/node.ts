import type { Host } from '../api.ts';
import type { NodeIdentity } from './snapshot.ts';

const bootTime = (stat: string): number | undefined => {
  const line = stat.split('\n').find((entry) => entry.startsWith('btime '));
  const seconds = line === undefined ? Number.NaN : Number(line.slice('btime '.length));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
};

/** Who this node is and since when it runs; history and lifetimes end with the boot id. */
export const readNode = async (
  host: Host,
  o: { name: string; mock?: string; bootId?: string },
): Promise<NodeIdentity> => {
  const [bootId, stat] = await Promise.all([host.read('/proc/sys/kernel/random/boot_id'), host.read('/proc/stat')]);
  return {
    name: o.name,
    bootId: bootId.ok ? bootId.value.trim() : (o.bootId ?? ''),
    bootedAt: (stat.ok ? bootTime(stat.value) : undefined) ?? 0,
    ...(o.mock === undefined ? {} : { mock: o.mock }),
  };
};
