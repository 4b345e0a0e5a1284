import { changeGpu, type Fault } from './fault.ts';

export const mig: Fault = {
  name: 'mig',
  component: 'gpu',
  help: 'the GPU is in MIG mode, and the others are not',
  breaks: (world, target) => changeGpu(world, target, () => ({ migEnabled: true, migPending: true })),
};

export const migPending: Fault = {
  name: 'mig-pending',
  component: 'gpu',
  help: 'MIG mode of the GPU was switched on, and waits for a reset',
  breaks: (world, target) => changeGpu(world, target, () => ({ migPending: true })),
};
