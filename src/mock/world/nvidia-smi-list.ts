import type { GpuState, World } from './state.ts';

const title = (gpu: GpuState, index: number): string => `GPU ${index}: ${gpu.model.product} (UUID: ${gpu.uuid})`;

/** `nvidia-smi -L`. */
export const gpuList = (world: World): string =>
  world.gpus
    .filter((gpu) => gpu.attached)
    .map((gpu, index) => `${title(gpu, index)}\n`)
    .join('');

/** As a card without NVLink prints it (capture, L40S, driver 595.80). */
const NO_NVLINK = 'Device does not have or support Nvlink';

const perLink = (world: World, lines: (gpu: GpuState) => readonly string[]): string =>
  world.gpus
    .filter((gpu) => gpu.attached)
    .map((gpu, index) => ({ gpu, index }))
    // Nothing can be asked of a lost GPU, so that it has no links to print.
    .filter(({ gpu }) => !gpu.lost)
    .map(({ gpu, index }) =>
      [title(gpu, index), ...(gpu.nvlinks.length === 0 ? [NO_NVLINK] : lines(gpu).map((line) => `\t ${line}`))].join(
        '\n',
      ),
    )
    .map((block) => `${block}\n`)
    .join('');

/** `nvidia-smi nvlink -s`: the rate of each link, one direction. */
export const nvlinkStatus = (world: World): string =>
  perLink(world, (gpu) =>
    gpu.nvlinks.some((link) => link.up)
      ? gpu.nvlinks.map((link, i) => `Link ${i}: ${link.up ? `${gpu.model.nvlink.rateGBps} GB/s` : '<inactive>'}`)
      : ['NVML: Unable to retrieve NVLink information as all links are inactive'],
  );

/** `nvidia-smi nvlink -e`: lifetime error counters of each link. */
export const nvlinkErrors = (world: World): string =>
  perLink(world, (gpu) =>
    gpu.nvlinks.flatMap((link, i) => [
      `Link ${i}: Replay Errors: ${link.replays}`,
      `Link ${i}: Recovery Errors: ${link.recoveries}`,
      `Link ${i}: CRC Errors: ${link.crcErrors}`,
    ]),
  );
