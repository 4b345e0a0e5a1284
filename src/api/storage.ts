import type { Component } from './component.ts';
import type { B, N, S } from './reading.ts';

/** A mount, from `/proc/1/mountinfo`. */
export interface Mount {
  readonly ref: Component;
  readonly path: string;
  readonly device: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** Mounted read-write and turned read-only by the kernel: the filesystem is, its mount is not. */
  readonly filesystemReadOnly: boolean;
}

/** How full a local filesystem is. */
export interface Filesystem {
  readonly ref: Component;
  readonly path: string;
  readonly device: string;
  readonly type: string;
  readonly totalBytes: N;
  /** For unprivileged users. */
  readonly availableBytes: N;
  readonly totalInodes: N;
  readonly availableInodes: N;
}

/** A drive below `/sys/class/nvme`. */
export interface NvmeDrive {
  readonly ref: Component;
  readonly name: string;
  readonly model: S;
  readonly serial: S;
  readonly firmwareVersion: S;
  /** `live`, `resetting`, `connecting`, `dead`, … */
  readonly state: S;
}

/** An array of `/proc/mdstat`. */
export interface RaidArray {
  readonly ref: Component;
  readonly name: string;
  readonly active: B;
  readonly level: S;
  readonly devices: N;
  readonly working: N;
  /** `recovery`, `resync`, …; absent while nothing is rebuilt. */
  readonly syncing: S;
}
