import { changeGpu, type Fault, kernelSays } from './fault.ts';

export const lost: Fault = {
  name: 'lost',
  component: 'gpu',
  help: 'nvidia-smi answers "GPU is lost" for the GPU',
  breaks: (world, target) => changeGpu(world, target, () => ({ lost: true })),
};

export const missing: Fault = {
  name: 'missing',
  component: 'gpu',
  help: 'PCI lists the GPU, the driver does not',
  breaks: (world, target) => changeGpu(world, target, () => ({ attached: false })),
  leaves: (world, target, period) => {
    const gpu = world.gpus[target.index];
    return gpu
      ? kernelSays(world, period, [`NVRM: GPU ${gpu.slot.pci}: RmInitAdapter failed! (0x24:0xffff:1568)`], 3)
      : world;
  },
};

export const recoveryReset: Fault = {
  name: 'recovery-reset',
  component: 'gpu',
  help: 'the driver asks for "Drain and Reset" of the GPU',
  breaks: (world, target) => changeGpu(world, target, () => ({ recoveryAction: 'Drain and Reset' })),
};

export const vbiosDrift: Fault = {
  name: 'vbios-drift',
  component: 'gpu',
  help: 'the GPU runs another VBIOS than its siblings',
  survivesReset: true,
  breaks: (world, target) =>
    changeGpu(world, target, (gpu) => ({
      vbios: gpu.vbios.replace(/[0-9A-F]{2}$/, (last) => (last === '0F' ? '0E' : '0F')),
    })),
};
