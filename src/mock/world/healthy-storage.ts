import { fraction } from './noise.ts';
import type { ArrayState, DriveState, MountState, StorageState } from './storage-state.ts';

/**
 * The layout of a DGX H100 (DGX H100 User Guide, Storage): two mirrored drives for the system, eight striped ones for
 * data; home directories come over NFS. Serials, addresses and how full it is are made up.
 */
const SYSTEM_BYTES = 1_920_383_410_176;
const DATA_BYTES = 3_840_755_982_336;
const SYSTEM_DRIVES = 2;
const DATA_DRIVES = 8;
const FIRST_BUS = 0xf1;

const drive = (number: number, seed: string): DriveState => {
  const isSystem = number < SYSTEM_DRIVES;
  const serial = Math.floor(fraction(`${seed}/nvme${number}/serial`) * 1e9);
  return {
    name: `nvme${number}`,
    model: isSystem ? 'SAMSUNG MZ1L21T9HCLS-00A07' : 'SAMSUNG MZWLO3T8HCLS-00A07',
    serial: `S6${isSystem ? 'CK' : 'RY'}NX0T${serial.toString().padStart(9, '0')}`,
    firmware: isSystem ? 'GDC7302Q' : 'OPPA1B5Q',
    state: 'live',
    pci: `0000:${(FIRST_BUS + number).toString(16)}:00.0`,
    bytes: isSystem ? SYSTEM_BYTES : DATA_BYTES,
    width: 4,
  };
};

const names = (from: number, count: number, suffix: string): readonly string[] =>
  Array.from({ length: count }, (_, i) => `nvme${from + i}n1${suffix}`);

const array = (
  name: string,
  level: ArrayState['level'],
  kibibytes: number,
  members: readonly string[],
): ArrayState => ({
  name,
  level,
  kibibytes,
  members: members.map((member) => ({ name: member, failed: false })),
});

const space = (bytes: number, availableShare: number, inodes: number): Required<MountState>['space'] => ({
  bytes,
  availableBytes: Math.floor(bytes * availableShare),
  inodes,
  availableInodes: Math.floor(inodes * 0.97),
});

const ROOT_BYTES = 1_888_331_038_720;
const RAID_BYTES = 30_724_962_910_208;
const MEMORY_BYTES = 1_082_331_758_592;

const MOUNTS: readonly MountState[] = [
  {
    path: '/',
    device: '/dev/md0',
    type: 'ext4',
    id: '9:0',
    options: 'rw,relatime',
    filesystemOptions: 'rw,errors=remount-ro',
    space: space(ROOT_BYTES, 0.71, 117_211_136),
  },
  {
    path: '/proc',
    device: 'proc',
    type: 'proc',
    id: '0:22',
    options: 'rw,nosuid,nodev,noexec,relatime',
    filesystemOptions: 'rw',
  },
  {
    path: '/dev/shm',
    device: 'tmpfs',
    type: 'tmpfs',
    id: '0:25',
    options: 'rw,nosuid,nodev',
    filesystemOptions: 'rw,inode64',
    space: space(MEMORY_BYTES, 0.99, 264_241_152),
  },
  {
    path: '/run',
    device: 'tmpfs',
    type: 'tmpfs',
    id: '0:26',
    options: 'rw,nosuid,nodev,noexec,relatime',
    filesystemOptions: 'rw,size=211392920k,mode=755,inode64',
    space: space(216_466_350_080, 0.99, 264_241_152),
  },
  // Images of packages are read-only and full by design.
  {
    path: '/snap/core20/2318',
    device: '/dev/loop0',
    type: 'squashfs',
    id: '7:0',
    options: 'ro,nodev,relatime',
    filesystemOptions: 'ro,errors=continue',
  },
  {
    path: '/boot/efi',
    device: '/dev/nvme0n1p1',
    type: 'vfat',
    id: '259:2',
    options: 'rw,relatime',
    filesystemOptions: 'rw,fmask=0077,dmask=0077,errors=remount-ro',
  },
  {
    path: '/raid',
    device: '/dev/md1',
    type: 'xfs',
    id: '9:1',
    options: 'rw,relatime',
    filesystemOptions: 'rw,attr2,inode64,noquota',
    space: space(RAID_BYTES, 0.58, 3_000_484_288),
  },
  {
    path: '/home',
    device: '10.0.0.5:/home',
    type: 'nfs4',
    id: '0:58',
    options: 'rw,relatime',
    filesystemOptions: 'rw,vers=4.2,rsize=1048576,wsize=1048576,hard,proto=tcp,timeo=600,retrans=2',
  },
];

export const healthyStorage = (seed: string): StorageState => ({
  drives: Array.from({ length: SYSTEM_DRIVES + DATA_DRIVES }, (_, number) => drive(number, seed)),
  arrays: [
    array('md0', 'raid1', 1_874_716_672, names(0, SYSTEM_DRIVES, 'p2')),
    array('md1', 'raid0', 30_004_846_592, names(SYSTEM_DRIVES, DATA_DRIVES, '')),
  ],
  mounts: MOUNTS,
});
