import type { MachineSpec } from '../machine.ts';
import { changeGpu, type Fault } from './fault.ts';

const needsMig = ({ gpu }: MachineSpec): string | undefined =>
  gpu.migCapable === false ? 'its GPUs have no MIG mode' : undefined;

export const mig: Fault = {
  name: 'mig',
  component: 'gpu',
  help: 'the GPU is in MIG mode, and the others are not',
  unfit: needsMig,
  breaks: (world, target) => changeGpu(world, target, () => ({ migEnabled: true, migPending: true })),
};

export const migPending: Fault = {
  name: 'mig-pending',
  component: 'gpu',
  help: 'MIG mode of the GPU was switched on, and waits for a reset',
  unfit: needsMig,
  breaks: (world, target) => changeGpu(world, target, () => ({ migPending: true })),
};
