import { absent, type Fact, isPassedThrough } from '../api.ts';
import type { FactMap } from './snapshot.ts';

/**
 * On a host that gave all its GPUs to virtual machines the NVIDIA driver is not loaded, and its tools fail: they have
 * nothing to ask. A tool that hangs is another matter.
 */
export const withoutGivenAway = (facts: FactMap): FactMap => {
  const { pciGpus } = facts;
  if (pciGpus?.ok !== true || pciGpus.value.length === 0 || !pciGpus.value.every(isPassedThrough)) return facts;
  const nothing = absent('no-device', `all ${pciGpus.value.length} GPUs of this host belong to virtual machines`);
  return Object.fromEntries(
    Object.entries(facts as Readonly<Record<string, Fact<unknown>>>).map(([name, fact]) => [
      name,
      !fact.ok && fact.reason === 'failed' && fact.source.startsWith('nvidia-smi')
        ? { ...nothing, at: fact.at, source: fact.source }
        : fact,
    ]),
  ) as FactMap;
};
