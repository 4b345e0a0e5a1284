import { asXid } from '../world/pci-address.ts';
import type { World } from '../world/state.ts';
import { type Fault, kernelSays, type Target } from './fault.ts';
import { xidText } from './xid-text.ts';

const raiseXid = (world: World, { index, code }: Target): World => {
  const gpu = world.gpus[index];
  if (!gpu) return world;
  const where = asXid(gpu.slot.pci);
  // The driver names the GPU before its first Xid.
  return kernelSays(world, [`NVRM: GPU at ${where}: ${gpu.uuid}`, `NVRM: Xid (${where}): ${code}, ${xidText(code)}`]);
};

/** The record alone: what else a real Xid brings along (a lost GPU, a pending remap) is a fault of its own. */
export const xid: Fault = {
  name: 'xid<N>',
  component: 'gpu',
  help: 'the kernel logs Xid N (xid79, xid95, xid13, …) for the GPU',
  apply: raiseXid,
};
