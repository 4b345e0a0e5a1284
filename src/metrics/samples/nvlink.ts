import type { NvLink } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { gpuLabels } from '../identity.ts';
import { NVLINK_ERROR_KINDS } from '../labels.ts';
import { type Sample, sample } from '../sample.ts';

/**
 * The links' errors of one kind together. Only where every link answers: a sum that loses a link goes down, and
 * Prometheus would read that as a reset and invent an increase.
 */
const errorsOf = (links: readonly NvLink[], kind: string): number | undefined => {
  let sum = 0;
  for (const { errors } of links) {
    const total = errors[kind]?.total;
    if (total?.ok !== true) return undefined;
    sum += total.value;
  }
  return links.length === 0 ? undefined : sum;
};

/** NVLink per GPU; one series a link would be 144 a node. */
export const nvlinkSamples = (snapshot: Snapshot): readonly Sample[] => {
  const { nvlinks } = snapshot.facts;
  return (nvlinks?.ok ? nvlinks.value : []).flatMap(({ ref, links }) => {
    if (!links.ok) return [];
    const ids = gpuLabels(ref);
    return [
      sample('muster_gpu_nvlink_links_up', links.value.filter(({ up }) => up).length, ids),
      ...NVLINK_ERROR_KINDS.flatMap((kind) => {
        const errors = errorsOf(links.value, kind);
        return errors === undefined ? [] : [sample('muster_gpu_nvlink_errors_total', errors, { ...ids, kind })];
      }),
    ];
  });
};
