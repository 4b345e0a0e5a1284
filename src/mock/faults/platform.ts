import type { World } from '../world/state.ts';
import { changeGpu, type Fault, kernelSays, lastedSeconds } from './fault.ts';

/** A module that is about to fail: so many a second have been seen for days (EDAC lines of real machines). */
const CORRECTED_A_SECOND = 50;

const DIMM = 'CPU_SrcID#0_MC#0_Chan#0_DIMM#1';
const edacLine = (kind: 'CE' | 'UE', count: number): string =>
  `EDAC MC0: ${count} ${kind} memory read error on ${DIMM} (channel:0 slot:1 page:0x2a821 offset:0x800 grain:32 syndrome:0x0 - err_code:0x0101:0x0090)`;

const counting = (world: World, more: Partial<NonNullable<World['memoryErrors']>>): World => {
  const { correctable = 0, uncorrectable = 0 } = world.memoryErrors ?? {};
  return {
    ...world,
    memoryErrors: {
      correctable: correctable + (more.correctable ?? 0),
      uncorrectable: uncorrectable + (more.uncorrectable ?? 0),
    },
  };
};

export const memoryCorrected: Fault = {
  name: 'memory-corrected',
  component: 'node',
  help: 'a memory module of the host corrects 50 errors a second',
  leaves: (world, _target, period) =>
    kernelSays(
      counting(world, { correctable: CORRECTED_A_SECOND * lastedSeconds(period) }),
      period,
      [edacLine('CE', CORRECTED_A_SECOND)],
      4,
    ),
};

export const memoryUncorrectable: Fault = {
  name: 'memory-uncorrectable',
  component: 'node',
  help: 'a memory module of the host has an uncorrectable error',
  event: true,
  leaves: (world, _target, period) =>
    kernelSays(
      counting(world, { uncorrectable: 1 }),
      period,
      [edacLine('UE', 1), 'Memory failure: 0x2a821: recovery action for dirty LRU page: Recovered'],
      2,
    ),
};

export const fabricManagerFailed: Fault = {
  name: 'fabric-manager-failed',
  component: 'node',
  help: 'nvidia-fabricmanager.service has failed',
  unfit: ({ nvswitches }) => (nvswitches.length === 0 ? 'the node has no NVSwitches of its own' : undefined),
  breaks: (world) => ({
    ...world,
    failedServices: [...(world.failedServices ?? []), 'nvidia-fabricmanager.service'],
  }),
};

export const persistencedFailed: Fault = {
  name: 'persistenced-failed',
  component: 'node',
  help: 'nvidia-persistenced.service has failed',
  breaks: (world) => ({ ...world, failedServices: [...(world.failedServices ?? []), 'nvidia-persistenced.service'] }),
};

export const peermemMissing: Fault = {
  name: 'peermem-missing',
  component: 'node',
  help: 'the kernel module nvidia_peermem is not loaded (a finding where the site expects it)',
  breaks: (world) => ({ ...world, unloadedModules: [...(world.unloadedModules ?? []), 'nvidia_peermem'] }),
};

export const acs: Fault = {
  name: 'acs',
  component: 'node',
  help: 'ACS redirects the peer-to-peer traffic of the PCIe switches',
  unfit: ({ gpus }) =>
    gpus.every(({ pcieSwitch }) => pcieSwitch === undefined) ? 'its GPUs hang on no PCIe switch' : undefined,
  breaks: (world) => ({ ...world, acsRedirects: true }),
};

export const inforomDrift: Fault = {
  name: 'inforom-drift',
  component: 'gpu',
  help: 'the GPU has another InfoROM image than its siblings',
  survivesReset: true,
  breaks: (world, target) =>
    changeGpu(world, target, ({ model }) => ({
      model: {
        ...model,
        inforom: {
          ...model.inforom,
          image: model.inforom.image.replace(/\d\d$/, (last) => (last === '09' ? '08' : '09')),
        },
      },
    })),
};
