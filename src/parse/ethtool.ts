import { absent, type N } from '../api.ts';
import { integer } from './quantity.ts';

/**
 * What `ethtool -S` counts, of which only the names that `isWanted` are kept: a NIC prints thousands, most of them for each
 * queue. The driver spells some names with a blank at their end (mlx5, en_stats.c).
 */
export const ethtoolStatistics = (text: string, isWanted: (name: string) => boolean): ReadonlyMap<string, N> => {
  const counters = new Map<string, N>();
  for (const line of text.split('\n')) {
    const colon = line.lastIndexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (colon < 0 || !/^[\w.[\]-]{1,64}$/.test(name) || !isWanted(name)) continue;
    const total = integer(line.slice(colon + 1));
    counters.set(name, total.ok && total.value < 0 ? absent('failed', `${name} reads ${total.value}`) : total);
  }
  return counters;
};
