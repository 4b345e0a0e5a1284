import { type Absent, absent, type Fact, type Gpu, type GpuNvLinks } from '../../src/api.ts';

const NO_LINK = 'nvidia-smi nvlink -s lists no link of it';

/** A lost GPU has nothing to list; of one that answers it is NVLink that is not there. */
const whyUnlisted = ({ health }: Gpu): Absent =>
  health.ok && health.value !== 'answering'
    ? absent('no-device', `${NO_LINK}: the GPU does not answer the driver`)
    : absent('unsupported', `${NO_LINK}; NVLink may be turned off (NvLinkDisable)`);

/**
 * The links of every GPU of the node: after those that nvidia-smi listed the GPUs of which it said nothing, so that its
 * silence is never taken for health (H200 with NvLinkDisable=1, driver 580.159: no output, exit code 0).
 */
export const linksOfAll = (nvlinks: readonly GpuNvLinks[], gpus: Fact<readonly Gpu[]>): readonly GpuNvLinks[] => {
  const listed = new Set(nvlinks.map(({ ref }) => ref.key));
  const unlisted = gpus.ok ? gpus.value.filter(({ ref }) => !listed.has(ref.key)) : [];
  return [...nvlinks, ...unlisted.map((gpu) => ({ ref: gpu.ref, links: whyUnlisted(gpu) }))];
};
