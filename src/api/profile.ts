import type { Absent } from './reading.ts';

export type Confidence = 'specified' | 'measured' | 'assumed';

/** A number of a machine profile with its provenance; absent where the profile does not say. */
export type Expected<T> =
  | { readonly ok: true; readonly value: T; readonly source: string; readonly confidence: Confidence }
  | Absent;

export type NicRole = 'compute' | 'storage' | 'management' | 'unused' | 'unknown';
export type FabricKind = 'none' | 'hgx' | 'nvl72';

export interface ExpectedNics {
  readonly role: NicRole;
  readonly count: Expected<number>;
  readonly rateGbps: Expected<number>;
  readonly pcieGeneration: Expected<number>;
  readonly pcieWidth: Expected<number>;
}

/** What a site may pin to a version. */
export type PinName = 'driver' | 'vbios' | 'inforom' | 'nic-firmware' | 'kernel' | 'bios';

/** What a kind of machine should be. `known` is false for the generic profile of an unrecognised machine. */
export interface Profile {
  readonly id: string;
  readonly title: string;
  /** False: nothing is known about the machine as a whole, so expectation checks are SKIPPED. */
  readonly known: boolean;
  /** True where the configuration or `--machine` named it, so that a node that is not it is CRITICAL. */
  readonly configured: boolean;
  /** What the configuration says instead of what the machine is, where the two disagree. */
  readonly conflict?: string;
  /** Products (exact names) of the GPUs that the profile describes. */
  readonly products: readonly string[];
  readonly fabric: Expected<FabricKind>;
  readonly gpu: {
    readonly count: Expected<number>;
    readonly pcieGeneration: Expected<number>;
    readonly pcieWidth: Expected<number>;
    readonly nvlinks: Expected<number>;
    readonly nvlinkGBps: Expected<number>;
    readonly powerLimitWatts: Expected<number>;
    readonly maxSmMHz: Expected<number>;
    readonly memoryMiB: Expected<number>;
  };
  /** Thresholds by name, read by check options through `fromProfile`. */
  readonly limits: Readonly<Record<string, Expected<number>>>;
  /** Versions that the site allows; several while an upgrade rolls through the fleet. */
  readonly pins: Readonly<Partial<Record<PinName, Expected<readonly string[]>>>>;
  readonly nics: readonly ExpectedNics[];
  /** systemd units that must run, and kernel modules that must be loaded. */
  readonly services: Expected<readonly string[]>;
  readonly kernelModules: Expected<readonly string[]>;
  /** Mount points that must be there. */
  readonly mounts: Expected<readonly string[]>;
  readonly host: {
    readonly cpus: Expected<number>;
    readonly numaNodes: Expected<number>;
    readonly memoryBytes: Expected<number>;
    readonly nvmeDrives: Expected<number>;
  };
}
