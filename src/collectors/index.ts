import type { AnyCollector } from '../api.ts';
import { driverModule } from './driver-module.ts';
import { hostPressure } from './host-pressure.ts';
import { hwmon } from './hwmon.ts';
import { infiniband } from './infiniband.ts';
import { createInventoryCollector, type InventoryCommand } from './inventory.ts';
import { createKernelLogCollector } from './kernel-log.ts';
import { nvidiaSmi } from './nvidia-smi.ts';
import { nvlink } from './nvlink.ts';
import { createPciCollector } from './pci.ts';
import { systemIdentity } from './system-identity.ts';
import { topology } from './topology.ts';

/** Every collector of one machine, in the order in which they first run; those with a memory are new each time. */
export const createCollectors = ({ inventoryCommand }: { inventoryCommand: InventoryCommand }): AnyCollector[] => [
  nvidiaSmi,
  nvlink,
  topology,
  driverModule,
  createPciCollector(),
  systemIdentity,
  infiniband,
  createKernelLogCollector(),
  hwmon,
  hostPressure,
  createInventoryCollector(inventoryCommand),
];
