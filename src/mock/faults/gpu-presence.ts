import { changeGpu, type Fault, kernelSays } from './fault.ts';

export const lost: Fault = {
  name: 'lost',
  component: 'gpu',
  help: 'nvidia-smi answers "GPU is lost" for the GPU',
  apply: (world, target) => changeGpu(world, target, () => ({ lost: true })),
};

export const missing: Fault = {
  name: 'missing',
  component: 'gpu',
  help: 'PCI lists the GPU, the driver does not',
  apply: (world, target) => {
    const gpu = world.gpus[target.index];
    const changed = changeGpu(world, target, () => ({ attached: false }));
    return gpu
      ? kernelSays(changed, [`NVRM: GPU ${gpu.slot.pci}: RmInitAdapter failed! (0x24:0xffff:1568)`], 3)
      : changed;
  },
};

export const recoveryReset: Fault = {
  name: 'recovery-reset',
  component: 'gpu',
  help: 'the driver asks for "Drain and Reset" of the GPU',
  apply: (world, target) => changeGpu(world, target, () => ({ recoveryAction: 'Drain and Reset' })),
};

export const vbiosDrift: Fault = {
  name: 'vbios-drift',
  component: 'gpu',
  help: 'the GPU runs another VBIOS than its siblings',
  apply: (world, target) =>
    changeGpu(world, target, (gpu) => ({
      vbios: gpu.vbios.replace(/[0-9A-F]{2}$/, (last) => (last === '0F' ? '0E' : '0F')),
    })),
};
