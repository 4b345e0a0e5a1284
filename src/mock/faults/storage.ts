import type { World } from '../world/state.ts';
import type { ArrayState, DriveState, MountState, StorageState } from '../world/storage-state.ts';
import { type Fault, kernelSays } from './fault.ts';

const changeStorage = (world: World, change: (storage: StorageState) => Partial<StorageState>): World => ({
  ...world,
  storage: { ...world.storage, ...change(world.storage) },
});

const changeMount = (world: World, path: string, change: (mount: MountState) => Partial<MountState>): World =>
  changeStorage(world, ({ mounts }) => ({
    mounts: mounts.map((mount) => (mount.path === path ? { ...mount, ...change(mount) } : mount)),
  }));

const changeDrive = (world: World, name: string, change: Partial<DriveState>): World =>
  changeStorage(world, ({ drives }) => ({
    drives: drives.map((drive) => (drive.name === name ? { ...drive, ...change } : drive)),
  }));

const changeArray = (world: World, name: string, change: (array: ArrayState) => Partial<ArrayState>): World =>
  changeStorage(world, ({ arrays }) => ({
    arrays: arrays.map((array) => (array.name === name ? { ...array, ...change(array) } : array)),
  }));

/** What a core dump left. */
const LAST_BYTES = 210_763_776;

export const diskFull: Fault = {
  name: 'disk-full',
  component: 'node',
  help: 'the root filesystem is full',
  breaks: (world) =>
    changeMount(world, '/', ({ space }) =>
      space === undefined ? {} : { space: { ...space, availableBytes: LAST_BYTES } },
    ),
};

export const readOnlyRoot: Fault = {
  name: 'read-only-root',
  component: 'node',
  help: 'the kernel has turned the root filesystem read-only after an I/O error',
  breaks: (world) =>
    changeMount(world, '/', ({ filesystemOptions }) => ({ filesystemOptions: filesystemOptions.replace(/^rw/, 'ro') })),
  leaves: (world, _, period) =>
    kernelSays(
      world,
      period,
      [
        'Buffer I/O error on dev md0, logical block 231211008, lost sync page write',
        'Aborting journal on device md0-8.',
        'EXT4-fs error (device md0): ext4_journal_check_start:83: comm systemd-journal: Detected aborted journal',
        'EXT4-fs (md0): Remounting filesystem read-only',
      ],
      2,
    ),
};

export const nfsDown: Fault = {
  name: 'nfs-down',
  component: 'node',
  help: 'the NFS server of the home directories does not answer',
  leaves: (world, _, period) => kernelSays(world, period, ['nfs: server 10.0.0.5 not responding, still trying'], 6),
};

/** One of the striped data drives. */
const DATA_DRIVE = 'nvme4';

export const nvmeDead: Fault = {
  name: 'nvme-dead',
  component: 'node',
  help: 'an NVMe drive of the scratch array stops answering, and the filesystem on it shuts down',
  breaks: (world) => changeDrive(world, DATA_DRIVE, { state: 'dead' }),
  leaves: (world, _, period) =>
    kernelSays(world, period, [
      `nvme ${DATA_DRIVE}: I/O 642 (I/O Cmd) QID 17 timeout, aborting`,
      `nvme ${DATA_DRIVE}: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff`,
      `nvme ${DATA_DRIVE}: Disabling device after reset failure: -19`,
      `I/O error, dev ${DATA_DRIVE}n1, sector 5120033792 op 0x1:(WRITE) flags 0x8800 phys_seg 32 prio class 0`,
      'XFS (md1): log I/O error -5',
      'XFS (md1): Filesystem has been shut down due to log error (0x2).',
    ]),
};

/** One of the mirrored system drives. */
const MIRRORED = 'nvme1n1p2';

export const raidDegraded: Fault = {
  name: 'raid-degraded',
  component: 'node',
  help: 'the mirror of the system drives has lost one of them',
  breaks: (world) =>
    changeArray(world, 'md0', ({ members }) => ({
      members: members.map((member) => (member.name === MIRRORED ? { ...member, failed: true } : member)),
    })),
  leaves: (world, _, period) =>
    kernelSays(
      world,
      period,
      [
        'critical medium error, dev nvme1n1, sector 92210688 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 0',
        `md/raid1:md0: Disk failure on ${MIRRORED}, disabling device.`,
      ],
      3,
    ),
};
