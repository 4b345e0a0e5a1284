import type { GpuModel, GpuSlot, MachineSpec } from '../machine.ts';
import { uuidOf, wobble } from './noise.ts';
import type { EccCounts, GpuState, ThrottleReason } from './state.ts';

const NO_ERRORS: EccCounts = {
  sramCorrectable: 0,
  sramParity: 0,
  sramSecded: 0,
  dramCorrectable: 0,
  dramUncorrectable: 0,
};

/** The same for every reason. */
export const everyReason = <T>(value: T): Readonly<Record<ThrottleReason, T>> => ({
  swPowerCap: value,
  syncBoost: value,
  swThermal: value,
  hwThermal: value,
  hwPowerBrake: value,
  hwSlowdown: value,
  idle: value,
  applicationClocks: value,
  display: value,
});

/** An idle GPU of some age without a fault. */
export const healthyGpu = (
  machine: MachineSpec,
  model: GpuModel,
  slot: GpuSlot,
  position: number,
  seed: string,
  atMs: number,
  bootMs: number,
): GpuState => {
  const noise = (sensor: string, amplitude: number): number => wobble(seed, `${slot.pci}/${sensor}`, atMs, amplitude);
  const powerWatts = slot.idleWatts + noise('power', 1.2);
  return {
    model,
    slot,
    position,
    uuid: `GPU-${uuidOf(`${seed}/${machine.name}/gpu/${slot.pci}`)}`,
    vbios: model.vbios,
    loadedMs: bootMs,
    attached: true,
    lost: false,
    recoveryAction: 'None',
    migEnabled: false,
    migPending: false,
    aer: { correctable: 0, nonfatal: 0, fatal: 0 },
    pcieWidth: model.pcie.width,
    replays: slot.replays,
    utilizationPercent: 0,
    memoryUtilizationPercent: 0,
    processes: [],
    coreCelsius: Math.round(slot.idleCelsius + noise('core', 0.8)),
    memoryCelsius: Math.round(slot.idleMemoryCelsius + noise('memory', 0.8)),
    powerWatts,
    // The captures show 18 to 55 % of the idle draw in the memory; the exact share is not known to matter.
    memoryPowerWatts: powerWatts * 0.4,
    modulePowerWatts: (model.modulePower?.idleWatts ?? 0) + noise('module', 6),
    powerLimitWatts: model.power.defaultWatts,
    smMHz: model.clocksMHz.idleSm,
    videoMHz: model.clocksMHz.idleVideo,
    throttleActive: { ...everyReason(false), idle: true },
    throttleMicroseconds: { ...everyReason(0), swPowerCap: Math.round(slot.swPowerCapSeconds * 1e6) },
    eccVolatile: NO_ERRORS,
    eccAggregate: NO_ERRORS,
    rows: {
      correctable: 0,
      uncorrectable: 0,
      pending: false,
      failed: false,
      banks: { max: model.remapBanks, high: 0, partial: 0, low: 0, none: 0 },
    },
    fabric: model.fabric,
    nvlinks: Array.from({ length: model.nvlink.links }, () => ({ up: true, replays: 0, recoveries: 0, crcErrors: 0 })),
  };
};
