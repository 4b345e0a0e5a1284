export interface DriveState {
  /** `nvme0`. */
  readonly name: string;
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
  readonly state: string;
  readonly pci: string;
  readonly bytes: number;
  readonly width: number;
}

export interface ArrayState {
  /** `md0`. */
  readonly name: string;
  readonly level: 'raid0' | 'raid1';
  readonly kibibytes: number;
  readonly members: readonly { readonly name: string; readonly failed: boolean }[];
}

export interface MountState {
  readonly path: string;
  readonly device: string;
  readonly type: string;
  /** `259:3`. */
  readonly id: string;
  readonly options: string;
  readonly filesystemOptions: string;
  /** How full it is, where `df` shows it. */
  readonly space?: {
    readonly bytes: number;
    readonly availableBytes: number;
    readonly inodes: number;
    readonly availableInodes: number;
  };
}

export interface StorageState {
  readonly drives: readonly DriveState[];
  readonly arrays: readonly ArrayState[];
  readonly mounts: readonly MountState[];
}
