import { asXid } from '../world/pci-address.ts';
import { type Fault, kernelSays } from './fault.ts';
import { xidText } from './xid-text.ts';

/** The record alone: what else a real Xid brings along (a lost GPU, a pending remap) is a fault of its own. */
export const xid: Fault = {
  name: 'xid<N>',
  component: 'gpu',
  help: 'the kernel logs Xid N (xid79, xid95, xid13, …) for the GPU',
  event: true,
  leaves: (world, { index, code }, period) => {
    const gpu = world.gpus[index];
    if (!gpu) return world;
    const where = asXid(gpu.slot.pci);
    // The driver names the GPU before its first Xid.
    return kernelSays(world, period, [
      `NVRM: GPU at ${where}: ${gpu.uuid}`,
      `NVRM: Xid (${where}): ${code}, ${xidText(code)}`,
    ]);
  },
};
