import type { Component } from './component.ts';
import type { PcieLink } from './facts.ts';
import type { N, Reading, S } from './reading.ts';

/** A mount of the machine, from `/proc/1/mountinfo`, one a path; what is covered and the kernel's own filesystems are left out. */
export interface Mount {
  readonly ref: Component;
  readonly path: string;
  /** What was mounted, as the kernel was told: `/dev/md0`, `10.0.0.5:/home`, `tmpfs`. */
  readonly device: string;
  readonly type: string;
  /** `259:3`: the same for every mount of one filesystem. */
  readonly filesystemId: string;
  readonly readOnly: boolean;
  /** The filesystem is, whatever its mounts are: the kernel turns it so, and leaves `readOnly` of the mounts alone. */
  readonly filesystemReadOnly: boolean;
  /** ext4 says that an error has stopped it (`emergency_ro` or `shutdown` among its options, from Linux 6.15). */
  readonly stopped: boolean;
  /** How kernel messages name the device: `md0`, `dm-3`, `nvme0n1p2`. */
  readonly kernelName: S;
}

/** How full a local filesystem is, once however often it is mounted. */
export interface Filesystem {
  readonly ref: Component;
  /** The shortest of its mount points. */
  readonly path: string;
  /** The next shortest, a few at most: bind mounts, subvolumes. */
  readonly alsoAt: readonly string[];
  readonly device: string;
  readonly type: string;
  readonly totalBytes: N;
  /** For unprivileged users. */
  readonly availableBytes: N;
  /** Absent where the filesystem makes inodes as it needs them. */
  readonly totalInodes: N;
  readonly availableInodes: N;
}

export interface NvmeNamespace {
  /** `nvme0n1`: with multipath its number need not be that of the drive. */
  readonly name: string;
  readonly bytes: N;
}

/** A controller below `/sys/class/nvme`, which is a drive unless it is reached over a fabric. */
export interface NvmeDrive {
  readonly ref: Component;
  readonly name: string;
  readonly model: S;
  readonly serial: S;
  readonly firmwareVersion: S;
  /** `live`, `resetting`, `connecting`, `dead`, … */
  readonly state: S;
  /** `pcie`, `rdma`, `tcp`, `fc`, `loop`. */
  readonly transport: S;
  readonly namespaces: Reading<readonly NvmeNamespace[]>;
  readonly pcie: PcieLink;
}

/** A device of an array, as `/proc/mdstat` lists it: `nvme1n1p2[0](F)`. */
export interface RaidMember {
  readonly name: string;
  readonly failed: boolean;
  readonly spare: boolean;
}

/** What an array is doing besides its work. */
export interface RaidSync {
  /** `recovery`, `resync`, `reshape`, `check`, `repair`. */
  readonly action: string;
  /** 0–1; absent while it waits for its turn. */
  readonly progress: N;
}

/** An array of `/proc/mdstat`. */
export interface RaidArray {
  readonly ref: Component;
  readonly name: string;
  /** `active`, `inactive`, `broken`. */
  readonly state: string;
  readonly level: S;
  /** How many devices the array is made of, and how many of these work; absent for levels without redundancy. */
  readonly devices: N;
  readonly working: N;
  readonly members: readonly RaidMember[];
  /** Metadata that is kept outside (`external:imsm`): such an array is a container, and is never active. */
  readonly isContainer: boolean;
  /** Absent while nothing is rebuilt or checked. */
  readonly syncing: Reading<RaidSync>;
}
