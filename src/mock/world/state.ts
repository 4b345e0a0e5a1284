import type { GpuModel, GpuSlot, MachineSpec, NicSpec } from '../machine.ts';
import type { HostState } from './host-state.ts';
import type { StorageState } from './storage-state.ts';

/** Reasons for lowered clocks; the first five have a lifetime counter since driver 580. */
export type ThrottleReason =
  | 'swPowerCap'
  | 'syncBoost'
  | 'swThermal'
  | 'hwThermal'
  | 'hwPowerBrake'
  | 'hwSlowdown'
  | 'idle'
  | 'applicationClocks'
  | 'display';

export interface EccCounts {
  readonly sramCorrectable: number;
  readonly sramParity: number;
  readonly sramSecded: number;
  readonly dramCorrectable: number;
  readonly dramUncorrectable: number;
}

export interface RowState {
  readonly correctable: number;
  readonly uncorrectable: number;
  readonly pending: boolean;
  readonly failed: boolean;
  /** Banks by spare rows left. */
  readonly banks: Readonly<Record<'max' | 'high' | 'partial' | 'low' | 'none', number>>;
}

export interface ProcessState {
  readonly pid: number;
  readonly name: string;
  readonly usedMiB: number;
}

export interface NvLinkState {
  readonly up: boolean;
  readonly replays: number;
  readonly recoveries: number;
  readonly crcErrors: number;
}

/** Errors that a PCI device has counted by itself (Advanced Error Reporting). */
export interface AerCounts {
  readonly correctable: number;
  readonly nonfatal: number;
  readonly fatal: number;
}

export interface GpuState {
  readonly model: GpuModel;
  readonly slot: GpuSlot;
  /** Order on the bus, which is also the minor number; nvidia-smi's index skips GPUs that did not come up. */
  readonly position: number;
  readonly uuid: string;
  readonly vbios: string;
  /** When the driver took the GPU into use (Unix ms), at boot or by a reset: the start of its counters since load. */
  readonly loadedMs: number;
  /** False: on the PCI bus, unknown to the driver. */
  readonly attached: boolean;
  /** True: known to the driver, does not answer. */
  readonly lost: boolean;
  readonly recoveryAction: string;
  readonly migEnabled: boolean;
  readonly migPending: boolean;
  readonly pcieWidth: number;
  readonly replays: number;
  readonly aer: AerCounts;
  readonly utilizationPercent: number;
  readonly memoryUtilizationPercent: number;
  readonly processes: readonly ProcessState[];
  readonly coreCelsius: number;
  readonly memoryCelsius: number;
  readonly powerWatts: number;
  readonly memoryPowerWatts: number;
  readonly modulePowerWatts: number;
  readonly powerLimitWatts: number;
  readonly smMHz: number;
  readonly videoMHz: number;
  readonly throttleActive: Readonly<Record<ThrottleReason, boolean>>;
  readonly throttleMicroseconds: Readonly<Record<ThrottleReason, number>>;
  readonly eccVolatile: EccCounts;
  readonly eccAggregate: EccCounts;
  readonly rows: RowState;
  readonly fabric: GpuModel['fabric'];
  readonly nvlinks: readonly NvLinkState[];
}

export interface NicState {
  readonly spec: NicSpec;
  /** sysfs spelling: `4: ACTIVE`, `5: LinkUp`. */
  readonly state: string;
  readonly physicalState: string;
  readonly rateGbps: number;
  readonly lanes: string;
  readonly lid: number;
  readonly smLid: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly hwCounters: Readonly<Record<string, number>>;
  readonly carrierDowns: number;
  readonly celsius: number;
  /** Of the transceiver; a port without a cable has none. */
  readonly opticsCelsius?: number;
  readonly pcieWidth: number;
  /** Of an InfiniBand port, as the subnet manager set them. */
  readonly pkeys: readonly string[];
  readonly ethernet: EthernetState;
}

/** How an Ethernet port is set up for RDMA, and what `ethtool -S` counts there. */
export interface EthernetState {
  readonly mtuBytes: number;
  readonly pfcPriorities: readonly number[];
  readonly trustsDscp: boolean;
  readonly ecnPriorities: readonly number[];
  readonly statistics: Readonly<Record<string, number>>;
}

/** A record of the kernel itself: facility 0, so that the priority is the whole prefix. */
export interface KernelRecord {
  readonly priority: number;
  readonly atMs: number;
  readonly text: string;
}

/** What happens to a call of nvidia-smi as a whole. */
export type ToolState = 'answers' | 'hung' | 'garbage' | 'library-mismatch' | 'no-driver';

/** The whole machine at one moment; faults map it to another one, the renderers turn it into text. */
export interface World {
  readonly machine: MachineSpec;
  readonly seed: string;
  readonly startMs: number;
  readonly atMs: number;
  readonly bootMs: number;
  readonly bootId: string;
  readonly nvidiaSmi: ToolState;
  readonly gpus: readonly GpuState[];
  readonly nics: readonly NicState[];
  readonly kernel: readonly KernelRecord[];
  readonly host: HostState;
  readonly storage: StorageState;
  /** Tasks of the host wait for each other, whatever the GPUs do. */
  readonly hostPressure?: Readonly<Record<'cpu' | 'memory' | 'io', number>>;
  /** What the first memory controller has counted, besides what a healthy one of some age has. */
  readonly memoryErrors?: Readonly<Record<'correctable' | 'uncorrectable', number>>;
  /** Services that have failed. */
  readonly failedServices?: readonly string[];
  /** Kernel modules that are not loaded. */
  readonly unloadedModules?: readonly string[];
  /** The PCIe switches redirect peer-to-peer traffic. */
  readonly acsRedirects?: boolean;
}
