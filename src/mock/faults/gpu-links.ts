import { portAbove } from '../world/sys-pci.ts';
import { changeGpu, type Fault, kernelSays, lastedSeconds } from './fault.ts';

export const pcieWidth: Fault = {
  name: 'pcie-width',
  component: 'gpu',
  help: 'the PCIe link of the GPU came up at half its width',
  survivesReset: true,
  breaks: (world, target) => changeGpu(world, target, ({ model }) => ({ pcieWidth: model.pcie.width / 2 })),
};

/** Twenty times what the specified bit error ratio explains on a link of generation 6 with 16 lanes. */
const CORRECTED_PER_SECOND = 20;

export const pcieErrors: Fault = {
  name: 'pcie-errors',
  component: 'gpu',
  help: 'the GPU corrects PCIe errors, 1200 a minute',
  survivesReset: true,
  leaves: (world, target, period) =>
    changeGpu(world, target, ({ aer }) => ({
      aer: { ...aer, correctable: aer.correctable + lastedSeconds(period) * CORRECTED_PER_SECOND },
    })),
};

export const pcieFatal: Fault = {
  name: 'pcie-fatal',
  component: 'gpu',
  help: 'the port above the GPU reports a fatal PCIe error',
  event: true,
  leaves: (world, { index }, period) => {
    const gpu = world.gpus[index];
    if (!gpu) return world;
    const port = portAbove(gpu.slot.pci);
    return kernelSays(world, period, [
      `pcieport ${port}: AER: Uncorrected (Fatal) error received: ${port}`,
      `pcieport ${port}: AER: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)`,
    ]);
  },
};

/** Any link will do; one from the middle shows that the first is not special. */
const BROKEN_LINK = 3;

export const nvlinkDown: Fault = {
  name: 'nvlink-down',
  component: 'gpu',
  help: 'one NVLink of the GPU is inactive',
  unfit: (machine) => (machine.gpu.nvlink.links > 0 ? undefined : 'its GPUs have no NVLink'),
  breaks: (world, target) =>
    changeGpu(world, target, ({ nvlinks }) => ({
      nvlinks: nvlinks.map((link, i) =>
        i === Math.min(BROKEN_LINK, nvlinks.length - 1) ? { ...link, up: false } : link,
      ),
    })),
};

/**
 * Says it in the fields that the machine has: HGX H100 prints N/A for all of the fabric's health, so that only the
 * registration status can be wrong there; HGX B200 has a summary; GB200 and GB300 have everything (real captures).
 */
export const fabricDegraded: Fault = {
  name: 'fabric-degraded',
  component: 'gpu',
  help: 'the NVLink fabric of the GPU is unhealthy',
  unfit: ({ gpu }) => (gpu.fabric.state === 'N/A' ? 'its GPUs do not report the state of the fabric' : undefined),
  breaks: (world, target) =>
    changeGpu(world, target, ({ fabric }) => {
      const where = (value: string, bad: string): string => (value === 'N/A' ? value : bad);
      return {
        fabric: {
          ...fabric,
          status: fabric.summary === 'N/A' ? 'Insufficient Resources' : fabric.status,
          summary: where(fabric.summary, 'Unhealthy'),
          bandwidth: where(fabric.bandwidth, 'Degraded'),
          routeUnhealthy: where(fabric.routeUnhealthy, 'True'),
        },
      };
    }),
};
