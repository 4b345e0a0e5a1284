import {
  type Component,
  type Driver,
  type GpuNvLinks,
  type KernelLog,
  known,
  type NvLink,
  type SourceState,
} from '../../src/api.ts';
import { healthyGpu, healthyGpus, healthyPciGpus, merged, nodeRef, type Overrides } from './healthy-gpu.ts';
import { BOOTED_AT, type GivenFacts } from './judge.ts';
import { profileOf, specified } from './profile.ts';
import { steady } from './series.ts';

/** NVLinks of one GPU, all up and without errors. */
export const healthyLinks = (ref: Component, count = 18, kinds = ['replay', 'recovery', 'crc']): GpuNvLinks => ({
  ref,
  links: known(
    Array.from(
      { length: count },
      (_, link): NvLink => ({
        link,
        up: true,
        rateGBps: known(26.562),
        errors: Object.fromEntries(kinds.map((kind) => [kind, steady(0)])),
      }),
    ),
  ),
});

/** A kernel log since boot in which nothing happened. */
export const quietLog = (over: Partial<KernelLog> = {}): KernelLog => ({
  events: [],
  lost: 0,
  since: BOOTED_AT,
  ...over,
});

/** `nvidia-smi` as a source that answers. */
export const answering = (over: Overrides<SourceState> = {}): SourceState =>
  merged<SourceState>(
    { ref: nodeRef, source: 'nvidia-smi', answered: known(true), hungSeconds: 0, hangsInARow: 0 },
    over,
  );

const driverOf = (count: number): Driver => ({
  ref: nodeRef,
  version: known('580.105.08'),
  cudaVersion: known('13.0'),
  libraryMismatch: known(false),
  libraryVersion: { ok: false, reason: 'unsupported', detail: 'printed with a refusal only' },
  attachedGpus: known(count),
});

interface Size {
  readonly gpus: number;
  readonly links: number;
}

/** What a check of GPUs may ask about a healthy HGX H100 node. */
export const healthyFacts = (over: GivenFacts = {}, { gpus, links }: Size = { gpus: 8, links: 18 }): GivenFacts => ({
  profile: profileOf({ gpu: { count: specified(gpus), nvlinks: specified(links) } }),
  gpus: healthyGpus(gpus),
  pciGpus: healthyPciGpus(gpus),
  driver: driverOf(gpus),
  nvlinks: healthyGpus(gpus).map(({ ref }) => healthyLinks(ref, links)),
  kernelLog: quietLog(),
  sources: [answering()],
  ...over,
});

const NVLINK5 = ['malformed_packet', 'rx', 'local_link_integrity', 'link_recovery_failed_events', 'fec_0', 'symbol'];

/** What a check of GPUs may ask about a healthy compute tray of a GB200 NVL72. */
export const nvl72Facts = (over: GivenFacts = {}, size: Size = { gpus: 4, links: 18 }): GivenFacts => {
  const product = 'NVIDIA GB200';
  const gpus = Array.from({ length: size.gpus }, (_, index) =>
    healthyGpu(index, {
      ref: { model: product },
      product: known(product),
      architecture: known('Blackwell'),
      fabric: {
        cliqueId: known('2'),
        clusterUuid: known('3f5e3a1c-1111-4222-8333-444455556666'),
        health: {
          summary: known('Healthy'),
          bandwidth: known('Full'),
          routeRecoveryInProgress: known('False'),
          routeUnhealthy: known('False'),
          accessTimeoutRecovery: known('False'),
          incorrectConfiguration: known('None'),
        },
      },
    }),
  );
  return {
    profile: profileOf({
      id: 'gb200-nvl72',
      products: [product],
      fabric: specified('nvl72'),
      gpu: { count: specified(size.gpus), nvlinks: specified(size.links) },
    }),
    gpus,
    pciGpus: healthyPciGpus(size.gpus),
    driver: driverOf(size.gpus),
    nvlinks: gpus.map(({ ref }) => healthyLinks(ref, size.links, NVLINK5)),
    kernelLog: quietLog(),
    sources: [answering()],
    ...over,
  };
};
