import type { AnyCollector } from '../api.ts';
import { driverModule } from './driver-module.ts';
import { ethernetStatistics } from './ethernet-statistics.ts';
import { hostPressure } from './host-pressure.ts';
import { hwmon } from './hwmon.ts';
import { infiniband } from './infiniband.ts';
import { createInventoryCollector, type InventoryCommand } from './inventory.ts';
import { createKernelLogCollector } from './kernel-log.ts';
import { nvidiaSmi } from './nvidia-smi.ts';
import { nvlink } from './nvlink.ts';
import { createPciCollector } from './pci.ts';
import { roce } from './roce.ts';
import { topology } from './topology.ts';

/** Every collector of one machine, in the order in which they first run; those with a memory are new each time. */
export const createCollectors = ({ inventoryCommand }: { inventoryCommand: InventoryCommand }): AnyCollector[] => [
  nvidiaSmi,
  nvlink,
  topology,
  driverModule,
  createPciCollector(),
  infiniband,
  ethernetStatistics,
  roce,
  createKernelLogCollector(),
  hwmon,
  hostPressure,
  createInventoryCollector(inventoryCommand),
];
