import type { MachineTree } from '../host/tree.ts';
import { applyFaults, type FaultRequest } from './faults.ts';
import { commandFiles } from './world/commands.ts';
import { healthyWorld, type Moment } from './world/healthy.ts';
import { hostFiles } from './world/host-files.ts';
import { kmsg } from './world/kmsg.ts';
import { platformFiles } from './world/platform-files.ts';
import { processFiles } from './world/process-files.ts';
import { slowed } from './world/slowed.ts';
import { storageFiles } from './world/storage-files.ts';
import { cpuFiles } from './world/sys-cpu.ts';
import { infinibandFiles } from './world/sys-infiniband.ts';
import { pciFiles } from './world/sys-pci.ts';

import { taskFiles } from './world/task-files.ts';

export interface WorldRequest extends Moment {
  readonly faults: readonly FaultRequest[];
}

/** A simulated machine at one moment as text; the same request gives the same text. */
export const renderWorld = (request: WorldRequest): MachineTree => {
  const world = slowed(applyFaults(healthyWorld(request), request.faults));
  return new Map([
    ...commandFiles(world),
    ...pciFiles(world),
    ...infinibandFiles(world),
    ...hostFiles(world),
    ...platformFiles(world),
    ...processFiles(world),
    ...taskFiles(world),
    ...cpuFiles(world),
    ...storageFiles(world),
    ['kmsg', kmsg(world)] as const,
  ]);
};
