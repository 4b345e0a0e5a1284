import type { AnyCollector } from '../api.ts';
import { clock } from './clock.ts';
import { cpus } from './cpus.ts';
import { driverModule } from './driver-module.ts';
import { edac } from './edac.ts';
import { ethernetStatistics } from './ethernet-statistics.ts';
import { filesystems } from './filesystems.ts';
import { hostMemory } from './host-memory.ts';
import { hostPressure } from './host-pressure.ts';
import { hostVersions } from './host-versions.ts';
import { hwmon } from './hwmon.ts';
import { infiniband } from './infiniband.ts';
import { createInventoryCollector, type InventoryCommand } from './inventory.ts';
import { createKernelLogCollector } from './kernel-log.ts';
import { kernelModules } from './kernel-modules.ts';
import { mounts } from './mounts.ts';
import { nvidiaSmi } from './nvidia-smi.ts';
import { nvlink } from './nvlink.ts';
import { nvme } from './nvme.ts';
import { createPciCollector } from './pci.ts';
import { createPciAcsCollector } from './pci-acs.ts';
import { raid } from './raid.ts';
import { roce } from './roce.ts';
import { services } from './services.ts';
import { systemIdentity } from './system-identity.ts';
import { createTasksCollector } from './tasks.ts';
import { topology } from './topology.ts';

/**
 * Every collector of one machine, in the order in which they first run; those with a memory are new each time. A verdict is
 * as old as its oldest fact, and a prolog takes none that is older than a minute: what may fail at any moment is asked every
 * 45 s or oftener (hwmon every 60 s: no check requires its sensors). What only a boot, an update or somebody's hand changes,
 * and the clock, which drifts for hours before it is wrong, is asked once or every 5 to 60 min and does not age a verdict.
 */
export const createCollectors = ({ inventoryCommand }: { inventoryCommand: InventoryCommand }): AnyCollector[] => [
  nvidiaSmi,
  nvlink,
  topology,
  driverModule,
  createPciCollector(),
  systemIdentity,
  infiniband,
  ethernetStatistics,
  roce,
  createKernelLogCollector(),
  hwmon,
  hostPressure,
  createTasksCollector(),
  hostMemory,
  cpus,
  clock,
  mounts,
  filesystems,
  nvme,
  raid,
  hostVersions,
  edac,
  services,
  kernelModules,
  createPciAcsCollector(),
  createInventoryCollector(inventoryCommand),
];
