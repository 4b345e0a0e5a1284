import type { Host } from '../api.ts';
import { bootTimeOf } from '../parse/boot-time.ts';
import type { NodeIdentity } from './snapshot.ts';

/** The kernel counts boot in whole seconds and our clock is read apart from it. */
const CLOCKS_APART_MS = 60_000;

/** A boot in the future would lay every event to rest as one of an earlier boot: its time is not known. */
const bootedAtOf = (stat: string, now: number): number => {
  const bootedAt = bootTimeOf(stat) ?? 0;
  return bootedAt <= now + CLOCKS_APART_MS ? bootedAt : 0;
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
    bootedAt: stat.ok ? bootedAtOf(stat.value, host.now()) : 0,
    ...(o.mock === undefined ? {} : { mock: o.mock }),
  };
};
