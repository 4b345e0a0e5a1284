import type { Component } from './component.ts';
import type { ClockState, Cpus, HostMemory, TaskTable } from './host.ts';
import type { EthernetStatistics, RoceSettings } from './network.ts';
import type { HostVersions, KernelModules, MemoryControllers, PciAcs, Services, SystemIdentity } from './platform.ts';
import type { PluginAnswer, SitePlugins } from './plugin.ts';
import type { NicRole, Profile } from './profile.ts';
import type { B, N, Reading, S } from './reading.ts';
import type { Action, Lifetime, Severity } from './rule.ts';
import type { Counter, Signal, Window } from './series.ts';
import type { Filesystem, Mount, NvmeDrive, RaidArray } from './storage.ts';
import type { GpuMinute, StragglerWatch } from './straggler.ts';

type Table<V> = Readonly<Record<string, V>>;

export interface PcieLink {
  readonly generation: N;
  /** The highest that device and host can do together (`max_link_gen`); the generation drops at idle. */
  readonly maxGeneration: N;
  readonly width: N;
  readonly maxWidth: N;
  readonly replays: Counter;
  readonly aer: Readonly<Record<'correctable' | 'nonfatal' | 'fatal', Counter>>;
}

/** NVML's clock-event reasons, in the words of `muster_gpu_throttle_*{reason}`. */
export type ThrottleReason =
  | 'sw_power_cap'
  | 'sw_thermal'
  | 'hw_slowdown'
  | 'hw_thermal'
  | 'hw_power_brake'
  | 'sync_boost'
  | 'application_clocks'
  | 'idle'
  | 'display';

/** `unknown-error`: the driver answers for the GPU with "Unknown Error" in a core field (temperature, power, clocks, memory). */
export type GpuHealth = 'answering' | 'lost' | 'requires-reset' | 'unknown-error';

/** `nvidia-smi` splits uncorrectable SRAM errors by driver and architecture; `sram_uncorrectable` is the sum of what it prints. */
export type EccLocation = 'sram_correctable' | 'sram_uncorrectable' | 'dram_correctable' | 'dram_uncorrectable';

export interface GpuProcess {
  readonly pid: number;
  readonly name: string;
  /** `C` compute, `G` graphics, `C+G`, as nvidia-smi prints it. */
  readonly type: string;
  readonly memoryBytes: N;
}

/** Banks by how many spare rows they have left. */
export interface RemapHistogram {
  readonly max: number;
  readonly high: number;
  readonly partial: number;
  readonly low: number;
  readonly none: number;
}

/** One GPU as `nvidia-smi -q -x` describes it. */
export interface Gpu {
  readonly ref: Component;
  readonly product: S;
  readonly architecture: S;
  /** Device and vendor as printed, upper case: `233010DE`. */
  readonly pciDeviceId: S;
  readonly pciSubsystemId: S;
  readonly vbiosVersion: S;
  readonly gspFirmwareVersion: S;
  readonly health: Reading<GpuHealth>;
  /** The driver's own verdict, `gpu_recovery_action` as printed: `None`, `GPU Reset Required`, … */
  readonly recoveryAction: S;
  /** Before R570: `gpu_reset_status/reset_required`. */
  readonly resetRequired: B;
  readonly persistenceMode: B;
  readonly migEnabled: B;
  /** The mode that the GPU will be in after its next reset. */
  readonly migPending: B;
  /** `None`, `Pass-Through`, `VGPU`, … */
  readonly virtualization: S;
  readonly performanceState: S;
  /** Work is running: utilisation above zero, or a compute process. */
  readonly busy: B;
  readonly pcie: PcieLink;
  readonly utilizationRatio: Signal;
  readonly memory: { readonly totalBytes: N; readonly usedBytes: N };
  readonly temperature: {
    readonly coreCelsius: Signal;
    readonly memoryCelsius: Signal;
    /** T.Limit (Ada and later): distance to the maximum operating temperature; lower is hotter, negative is throttling. */
    readonly marginCelsius: Signal;
    /** Margin at which the hardware slows down (−2 on H100) or shuts down (−8). */
    readonly slowdownMarginCelsius: N;
    readonly shutdownMarginCelsius: N;
    /** Absolute limits, printed by Ampere and older. */
    readonly slowdownCelsius: N;
    readonly shutdownCelsius: N;
    readonly maxOperatingCelsius: N;
    readonly memoryMaxCelsius: N;
  };
  readonly power: {
    readonly drawWatts: Signal;
    /** The limit in force (`current_power_limit`, before R535 `enforced_power_limit`). */
    readonly limitWatts: N;
    readonly defaultLimitWatts: N;
    readonly minLimitWatts: N;
    readonly maxLimitWatts: N;
  };
  readonly clock: {
    readonly smHertz: Signal;
    readonly memoryHertz: Signal;
    readonly maxSmHertz: N;
    readonly maxMemoryHertz: N;
    readonly applicationSmHertz: N;
    readonly defaultApplicationSmHertz: N;
  };
  readonly throttle: Readonly<Record<ThrottleReason, { readonly active: B; readonly seconds: Counter }>>;
  readonly ecc: {
    readonly enabled: B;
    readonly volatile: Readonly<Record<EccLocation, Counter>>;
    readonly aggregate: Readonly<Record<EccLocation, Counter>>;
    readonly sramThresholdExceeded: B;
    readonly channelRepairPending: B;
    readonly tpcRepairPending: B;
    readonly unrepairableMemory: B;
  };
  readonly rows: {
    readonly correctable: N;
    readonly uncorrectable: N;
    readonly pending: B;
    readonly failed: B;
    readonly histogram: Reading<RemapHistogram>;
  };
  /** Pages retired on GPUs before Ampere, which have no row remapping. */
  readonly retiredPages: { readonly count: N; readonly pending: B };
  /** From nvidia-smi's warning line and its exit code 14; a run without either is `false`. */
  readonly inforomCorrupted: B;
  readonly inforomVersion: S;
  readonly fabric: {
    readonly state: S;
    readonly status: S;
    readonly cliqueId: S;
    readonly clusterUuid: S;
    readonly health: Readonly<
      Record<
        | 'summary'
        | 'bandwidth'
        | 'routeRecoveryInProgress'
        | 'routeUnhealthy'
        | 'accessTimeoutRecovery'
        | 'incorrectConfiguration',
        S
      >
    >;
  };
  readonly platform: Readonly<Record<'chassisSerial' | 'slot' | 'tray' | 'hostId' | 'moduleId', S>>;
  readonly processes: Reading<readonly GpuProcess[]>;
}

/** What the driver's user-space side said when it was asked. */
export interface Driver {
  readonly ref: Component;
  /** The version that NVML reports (`kmd_version`, else `driver_version` without its remarks). */
  readonly version: S;
  readonly cudaVersion: S;
  /** NVML refused: "Driver/library version mismatch". */
  readonly libraryMismatch: B;
  /** The library's version, printed with the refusal. */
  readonly libraryVersion: S;
  readonly attachedGpus: N;
}

/** The loaded kernel module, from `/proc/driver/nvidia/version` or `/sys/module/nvidia/version`. */
export interface DriverModule {
  readonly ref: Component;
  readonly version: S;
}

export interface NvLink {
  readonly link: number;
  readonly up: boolean;
  /** Per direction, as `nvidia-smi nvlink -s` prints it. */
  readonly rateGBps: N;
  /** By kind: `replay`, `recovery`, `crc`, … */
  readonly errors: Table<Counter>;
}
export interface GpuNvLinks {
  readonly ref: Component;
  readonly links: Reading<readonly NvLink[]>;
}

/** A GPU as the PCI bus lists it, whether or not the driver knows it. */
export interface PciGpu {
  readonly ref: Component;
  /** As sysfs prints it: `0x2330`. Recognises the machine when the driver does not answer. */
  readonly pciDeviceId: S;
  /** The kernel driver that holds the device: `nvidia`, `vfio-pci`, … */
  readonly boundDriver: S;
  readonly pcie: PcieLink;
  /** The port at the other end of its link, as the kernel names it: `0000:1a:01.0`. */
  readonly upstreamPort: S;
}

/** One port of an RDMA device. */
export interface NicPort {
  readonly ref: Component;
  readonly role: NicRole;
  readonly linkLayer: Reading<'infiniband' | 'ethernet'>;
  /** In words: `ACTIVE`, `DOWN`, `INIT`, `ARMED`. */
  readonly state: S;
  /** In words: `LinkUp`, `Polling`, `Disabled`. */
  readonly physicalState: S;
  readonly rateGbps: N;
  readonly firmwareVersion: S;
  readonly boardId: S;
  readonly netdev: S;
  readonly numaNode: N;
  readonly pcie: PcieLink;
  readonly chipCelsius: Signal;
  /** Where the device itself says that its chip is too hot (`temp*_crit`). */
  readonly chipCriticalCelsius: N;
  /** Of the transceiver, where the driver has a sensor for it (`Module0`). */
  readonly opticsCelsius: Signal;
  /** The alarm threshold that the transceiver itself states, through the same sensor. */
  readonly opticsCriticalCelsius: N;
  /** The partition keys in use, sorted, as sysfs prints them: `0xffff`. InfiniBand only. */
  readonly pkeys: Reading<readonly string[]>;
  /** sysfs names, `counters/` and `hw_counters/` together, as node_exporter reads them. */
  readonly counters: Table<Counter>;
  /** `/sys/class/net/<netdev>/carrier_down_count` of the port's interface. */
  readonly carrierDowns: Counter;
}

/** How a GPU and a NIC are connected, from `nvidia-smi topo -m`: `PIX`, `PXB`, `PHB`, `NODE`, `SYS`. */
export interface Rail {
  readonly gpu: Component;
  readonly nic: Component;
  readonly path: string;
}

/** `fatal`: the GPU or node is unusable; `reset`: it needs a reset; `application`: the job's own fault unless it repeats. */
export type XidClass = 'fatal' | 'reset' | 'hardware' | 'application' | 'informational' | 'unknown';

/** What the catalogue says of an Xid or SXid; attached to the event, so that checks need no table. */
export interface XidMeaning {
  readonly code: number;
  readonly mnemonic: string;
  readonly meaning: string;
  readonly class: XidClass;
  /** NVIDIA's resolution buckets. */
  readonly immediate: string;
  readonly investigatory: string;
  readonly severity: Severity;
  readonly action: Action;
  readonly lifetime: Lifetime;
  readonly source: string;
}

export type KernelEventKind =
  | 'xid'
  | 'sxid'
  | 'fallen-off-bus'
  | 'aer'
  | 'oom'
  | 'mlx5'
  | 'hung-task'
  | 'lockup'
  | 'kernel-bug'
  | 'machine-check'
  | 'edac'
  | 'nvme'
  | 'filesystem'
  | 'network-filesystem'
  | 'segfault'
  | 'other';

export interface KernelEvent {
  /** Unix ms; for a record without a usable time, the time at which it was read. */
  readonly at: number;
  readonly kind: KernelEventKind;
  /** Facility 0. A user with the right to write to /dev/kmsg can forge the text but not the facility. */
  readonly fromKernel: boolean;
  readonly component: Component;
  readonly code?: number;
  /** Xid 45 "caused by previous Xid 149". */
  readonly causedBy?: number;
  /** How often this event was seen for this component; `at` is the latest. */
  readonly repeats: number;
  readonly firstAt: number;
  readonly fields: Table<string>;
  readonly text: string;
  /** Tells apart what has another meaning under the same code. */
  readonly variant?: string;
  /** Of the latest record, where the source numbers its records. */
  readonly sequence?: number;
  /** When its GPU was last seen to have been reset (Unix ms); `at` may be before or after. */
  readonly resetAt?: number;
  /** Xids and SXids only; `unknown` class for a code that the catalogue does not hold. */
  readonly meaning?: XidMeaning;
}

export interface KernelLog {
  readonly events: readonly KernelEvent[];
  /** Records that the ring overwrote before they were read. */
  readonly lost: number;
  /** When that was last noticed (Unix ms). */
  readonly lostAt?: number;
  /** The oldest record read (Unix ms); what happened before is not known. */
  readonly since: number;
  /** Of the last record read, in what a collector gives; a fact does not change for it. */
  readonly sequence?: number;
}

/** One temperature sensor of the host, from `/sys/class/hwmon`. */
export interface Sensor {
  readonly ref: Component;
  readonly chip: string;
  readonly label: string;
  readonly celsius: Signal;
}

/** Who the machine says it is, read once at start-up. */
export interface Inventory {
  readonly manufacturer: S;
  readonly model: S;
  readonly serial: S;
  readonly biosVersion: S;
  readonly cpu: S;
  readonly kernel: S;
  readonly distribution: S;
  readonly memoryBytes: N;
}

/** How a source behaves over time; the engine provides it, so that a hang can be judged as any other fact. */
export interface SourceState {
  readonly ref: Component;
  readonly source: string;
  readonly answered: B;
  /** How long the oldest unfinished call has been running; 0 when none hangs. */
  readonly hungSeconds: number;
  readonly hangsInARow: number;
}

/** How the agent itself is doing: what it cannot keep, what it no longer asks. */
export interface AgentHealth {
  readonly ref: Component;
  /** Whether events reach the disk; the detail says why they do not. */
  readonly durable: B;
  /** Optional sources that are not asked at the moment, and why. */
  readonly shed?: { readonly sources: readonly string[]; readonly reason: string };
  /** Why the last reload of the configuration was refused; the one before it stays in force. */
  readonly configRefused?: string;
}

/** How long a rank of a job took for one step, as the job itself says. */
export interface StepTime {
  readonly jobId: string;
  readonly rank: number;
  readonly step: number;
  readonly seconds: number;
  readonly role?: string;
  /** Unix ms of the arrival. */
  readonly at: number;
}

/** How much of the time some task waited for a resource (0–1), as the kernel averages it (`/proc/pressure`). */
export interface Stall {
  readonly avg60: N;
  readonly avg300: N;
}

/** Pressure stall information of the host: a job's input pipeline waits here while its GPUs idle. */
export interface HostPressure {
  readonly ref: Component;
  readonly cpu: Stall;
  readonly memory: Stall;
  readonly io: Stall;
}

/** A limit on the growth of a port's counter: a row of the one table of them, with its source. */
export interface CounterLimit {
  /** As in `NicPort.counters` or `EthernetStatistics.counters`; `*` stands for a digit. */
  readonly name: string;
  /** Where it is read: below `/sys/class/infiniband/<device>/`, or the command. */
  readonly path: string;
  readonly linkLayer: 'infiniband' | 'ethernet' | 'any';
  /** `delta`: so many in the window, less where the history covers less of it; `rate`: so many in the time that the unit names. Never less than one. */
  readonly measure: 'delta' | 'rate';
  /** More than this is a finding. */
  readonly threshold: number;
  /** `packets/s`, `errors/h`, `events`. */
  readonly unit: string;
  readonly window: Window;
  readonly severity: Severity;
  /** The check that judges it, and under which of its codes. */
  readonly check: string;
  readonly code: string;
  /** What the ports like it count as much comes from what they share, and is no finding about the port. */
  readonly compareWithSiblings: boolean;
  readonly meaning: string;
  readonly source: string;
}

/** A finding of the past, from the event store. */
export interface PastFinding {
  readonly check: string;
  readonly code: string;
  readonly severity: Severity;
  /** Whether it asked to keep jobs away. */
  readonly drain: boolean;
  readonly component: Component;
  readonly from: number;
  readonly to?: number;
}

/** The registry of facts; plugins add theirs by declaration merging. */
export interface Facts {
  profile: Profile;
  gpus: readonly Gpu[];
  driver: Driver;
  driverModule: DriverModule;
  nvlinks: readonly GpuNvLinks[];
  pciGpus: readonly PciGpu[];
  nics: readonly NicPort[];
  rails: readonly Rail[];
  kernelLog: KernelLog;
  sensors: readonly Sensor[];
  inventory: Inventory;
  sources: readonly SourceState[];
  nicCounterLimits: readonly CounterLimit[];
  pastFindings: readonly PastFinding[];
  agent: AgentHealth;
  stepTimes: readonly StepTime[];
  hostPressure: HostPressure;
  tasks: TaskTable;
  hostMemory: HostMemory;
  cpus: Cpus;
  clock: ClockState;
  mounts: readonly Mount[];
  filesystems: readonly Filesystem[];
  nvmeDrives: readonly NvmeDrive[];
  raidArrays: readonly RaidArray[];
  services: Services;
  kernelModules: KernelModules;
  memoryControllers: MemoryControllers;
  pciAcs: PciAcs;
  hostVersions: HostVersions;
  system: SystemIdentity;
  roce: readonly RoceSettings[];
  ethernetStatistics: readonly EthernetStatistics[];
  /** The latest minute of every GPU here: its window, its job, its causes. */
  gpuMinutes: readonly GpuMinute[];
  stragglers: StragglerWatch;
  /** The checks that the site has added, and what of them cannot be used. */
  plugins: SitePlugins;
  /** What each check of a plugin said, by its id: `plugin:site/cooling`. */
  [answer: `plugin:${string}`]: PluginAnswer;
  /** What a collector of a plugin gives to the checks of its own file: `own:coolant`. */
  [own: `own:${string}`]: unknown;
}
export type FactName = keyof Facts;
