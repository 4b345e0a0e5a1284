import { busy } from './faults/busy.ts';
import { brokenSmi, driverMismatch, hungSmi, noDriver } from './faults/driver.ts';
import { beforeStart, type Fault, type Period, type Target } from './faults/fault.ts';
import { fabricDegraded, nvlinkDown, pcieErrors, pcieFatal, pcieWidth } from './faults/gpu-links.ts';
import { lost, missing, recoveryReset, vbiosDrift } from './faults/gpu-presence.ts';
import { gpuReset } from './faults/gpu-reset.ts';
import {
  clockUnsynchronised,
  cpusOffline,
  kernelOops,
  lowMemory,
  ncclCrash,
  outOfMemory,
  powersave,
  slowClocksource,
  softLockup,
  stuckDriverTask,
  stuckTask,
  threadsExhausted,
} from './faults/host.ts';
import { hostPressure } from './faults/host-pressure.ts';
import { ecc, remapFailed, remapPending } from './faults/memory.ts';
import { mig, migPending } from './faults/mig.ts';
import {
  ibDown,
  ibErrors,
  ibFlap,
  ibRate,
  nicFirmwareHung,
  nicHot,
  nicPcieWidth,
  opticsHot,
  pkeyMissing,
  roceMisconfigured,
  rocePausing,
} from './faults/network.ts';
import {
  acs,
  fabricManagerFailed,
  inforomDrift,
  memoryCorrected,
  memoryUncorrectable,
  peermemMissing,
  persistencedFailed,
} from './faults/platform.ts';
import { hot, powerBrake, powerCap, throttle } from './faults/power-and-heat.ts';
import { diskFull, nfsDown, nvmeDead, raidDegraded, readOnlyRoot } from './faults/storage.ts';
import { xid } from './faults/xid.ts';
import type { MachineSpec } from './machine.ts';
import { bad, good, type Result } from './result.ts';
import type { World } from './world/state.ts';

export type { Fault } from './faults/fault.ts';

/** Everything that can go wrong with a simulated machine; `muster mock --help` and the docs print this table. */
export const FAULTS: readonly Fault[] = [
  // What the others count begins at the last reset.
  gpuReset,
  // Load comes first, whatever the order on the command line: a fault changes the GPU as it works.
  busy,
  xid,
  lost,
  missing,
  ecc,
  remapPending,
  remapFailed,
  hot,
  throttle,
  powerBrake,
  powerCap,
  pcieWidth,
  pcieErrors,
  pcieFatal,
  nvlinkDown,
  fabricDegraded,
  mig,
  migPending,
  vbiosDrift,
  recoveryReset,
  hungSmi,
  brokenSmi,
  driverMismatch,
  noDriver,
  ibDown,
  ibRate,
  ibFlap,
  ibErrors,
  pkeyMissing,
  rocePausing,
  roceMisconfigured,
  nicPcieWidth,
  nicHot,
  opticsHot,
  nicFirmwareHung,
  hostPressure,
  stuckTask,
  stuckDriverTask,
  softLockup,
  kernelOops,
  outOfMemory,
  ncclCrash,
  lowMemory,
  cpusOffline,
  powersave,
  clockUnsynchronised,
  slowClocksource,
  threadsExhausted,
  diskFull,
  readOnlyRoot,
  nfsDown,
  nvmeDead,
  raidDegraded,
  inforomDrift,
  memoryCorrected,
  memoryUncorrectable,
  fabricManagerFailed,
  persistencedFailed,
  peermemMissing,
  acs,
];

/** A fault as asked for: `xid79`, and `gpu3` where a component was named. */
export interface FaultRequest {
  readonly name: string;
  readonly component?: string;
  /** When it was injected (Unix ms, each later than the one before); one of the command line is older than the simulation. */
  readonly sinceMs?: number;
  /** When it was recovered (Unix ms). */
  readonly untilMs?: number;
}

const XID = /^xid(\d{1,4})$/;

/** The fault of that name; `xid79` is one of the family `xid<N>`. */
export const findFault = (name: string): Fault | undefined =>
  XID.test(name) ? xid : FAULTS.find((fault) => fault.name === name && fault !== xid);

/** Why a fault makes no sense on a machine, in one line; nothing when it does. */
export const faultApplies = (machine: MachineSpec, name: string): Result<Fault> => {
  const fault = findFault(name);
  if (!fault) return bad(`unknown fault "${name}"`);
  const reason = fault.unfit?.(machine);
  return reason ? bad(`fault "${name}" makes no sense on ${machine.name}: ${reason}`) : good(fault);
};

/** The names by which a fault's component can be given on a machine, the default first. */
export const componentNames = (machine: MachineSpec, fault: Fault): readonly string[] => {
  if (fault.component === 'node') return [];
  if (fault.component === 'gpu') return machine.gpus.map((_, i) => `gpu${i}`);
  const usable = machine.nics.filter((nic) => nic.role !== 'unused');
  return [...usable]
    .sort((a, b) => Number(a.role !== 'compute') - Number(b.role !== 'compute'))
    .map((nic) => nic.device);
};

const targetOf = (machine: MachineSpec, fault: Fault, request: FaultRequest): Target => {
  const component = request.component ?? componentNames(machine, fault)[0] ?? '';
  const index =
    fault.component === 'nic'
      ? machine.nics.findIndex((nic) => nic.device === component)
      : Number(/^gpu(\d+)$/.exec(component)?.[1] ?? 0);
  return { index, code: Number(XID.exec(request.name)?.[1] ?? 0) };
};

/** How far the fault has come at the moment of the world; nothing before it began. */
const periodOf = ({ startMs, atMs }: World, { sinceMs, untilMs = atMs }: FaultRequest): Period | undefined => {
  if (sinceMs !== undefined && sinceMs > atMs) return undefined;
  const fromMs = sinceMs ?? beforeStart(startMs);
  return { fromMs, toMs: Math.min(atMs, untilMs), injected: sinceMs !== undefined };
};

/** Whether it lasts at a moment that is not before its beginning. */
export const isOngoing = ({ untilMs }: FaultRequest, atMs: number): boolean => untilMs === undefined || untilMs > atMs;

const applyFault = (world: World, fault: Fault, request: FaultRequest): World => {
  const period = periodOf(world, request);
  if (!period) return world;
  const target = targetOf(world.machine, fault, request);
  const broken = fault.breaks && isOngoing(request, world.atMs) ? fault.breaks(world, target) : world;
  return fault.leaves?.(broken, target, period) ?? broken;
};

/** The machine with all faults, whatever the order in which they were given. */
export const applyFaults = (world: World, requests: readonly FaultRequest[]): World => {
  const asked = requests.map((request) => ({ request, fault: findFault(request.name) }));
  return FAULTS.reduce(
    (broken, next) =>
      asked
        .filter(({ fault }) => fault === next)
        .reduce((state, { request }) => applyFault(state, next, request), broken),
    world,
  );
};
