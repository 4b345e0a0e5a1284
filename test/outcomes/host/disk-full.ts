import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const COMMAND =
  'commands/df_-l_-B1_--output=source,fstype,size,avail,itotal,iavail,target_-t_ext2_-t_ext3_-t_ext4_-t_xfs_-t_btrfs_-t_zfs_-t_f2fs_-t_bcachefs_-t_tmpfs';
const DF = `${COMMAND}.out`;
const MOUNTS = 'proc/1/mountinfo';

interface Space {
  readonly size?: number;
  readonly available?: number;
  readonly inodes?: number | '-';
  readonly freeInodes?: number | '-';
}

const ROOT = { size: 1_888_331_038_720, available: 1_340_715_037_491, inodes: 117_211_136, freeInodes: 113_694_801 };

/** The machine with another line of df for a path; the sizes of the root where not said. */
const having = (path: string, space: Space, on: RawMachine = simulated()): RawMachine =>
  on.with({
    [DF]: (text) =>
      text.replace(new RegExp(`^(\\S+) +(\\S+) .* ${path}$`, 'm'), (_, device: string, type: string) => {
        const { size, available, inodes, freeInodes } = { ...ROOT, ...space };
        return `${device} ${type} ${size} ${available} ${inodes} ${freeInodes} ${path}`;
      }),
  });

/** One more filesystem, mounted at these paths. */
const also = (device: string, type: string, space: Required<Space>, ...paths: readonly string[]): RawMachine =>
  simulated().with({
    [DF]: (text) =>
      `${text}${device} ${type} ${space.size} ${space.available} ${space.inodes} ${space.freeInodes} ${paths[0]}\n`,
    [MOUNTS]: (text) =>
      text + paths.map((path, i) => `${90 + i} 22 259:77 / ${path} rw - ${type} ${device} rw\n`).join(''),
  });

const set = (options: Readonly<Record<string, readonly string[]>>, on: RawMachine): RawMachine =>
  on.configured({ checks: { 'host/disk-full': { mode: 'enforce', options } } });

const NOTHING = { size: 1e12, available: 0, inodes: 1000, freeInodes: 0 };
const TERABYTE = { size: 1e12 };

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    // Neither limit alone is enough: a large filesystem has space left at 3 %, a small one at 400 MB.
    having('/', { size: 30e12, available: 900e9 }),
    having('/', { size: 1e9, available: 400e6 }),
    // Exactly at the limits.
    having('/', { ...TERABYTE, available: 20e9 }),
    having('/', { size: 100e9, available: 10e9 }),
    having('/', { inodes: 1000, freeInodes: 50 }),
    // btrfs has no fixed number of inodes.
    having('/', { inodes: 0, freeInodes: 0 }),
    having('/', { inodes: '-', freeInodes: '-' }),
    // Images are full by design, and df is not asked about them; volumes of pods and pages in memory are not the node's.
    also('/dev/rbd0', 'ext4', NOTHING, '/var/lib/kubelet/pods/1234/volumes/pvc-1'),
    also('tmpfs', 'tmpfs', NOTHING, '/run/user/1000'),
    // df complains of what is not the machine's, and tells the rest.
    simulated().with({ [`${COMMAND}.err`]: 'df: /mnt/dead: Input/output error\n', [`${COMMAND}.exit`]: '1\n' }),
    // A container sees other paths of the same devices, and pages of memory that are its own.
    simulated().with({
      [DF]: () =>
        'Filesystem Type 1B-blocks Avail Inodes IFree Mounted on\n' +
        '/dev/md0 ext4 1888331038720 1340715037491 117211136 113694801 /etc/hosts\n' +
        'tmpfs tmpfs 67108864 0 1000 0 /dev/shm\n',
    }),
  ],
  findings: {
    full: [
      {
        on: simulated('hgx-h100-8+disk-full'),
        about: ['/'],
        severity: 'CRITICAL',
        saying: /^211 MB of 1.89 TB \(0.011 %\)/,
      },
      {
        on: having('/', { ...TERABYTE, available: 499_999_999 }),
        about: ['/'],
        severity: 'CRITICAL',
        saying: /^500 MB of 1 TB \(0.05 %\) are available at \/; it should be at least 500 MB or 5 %$/,
      },
      { on: having('/', { size: 8e9, available: 399e6 }), about: ['/'] },
      { on: having('/', { size: 8e9, available: 400e6 }), about: [] },
      { on: having('/', { ...TERABYTE, available: 500e6 }), about: [] },
      { on: having('/', { ...TERABYTE, available: -4096 }), about: ['/'], saying: /^0 bytes of 1 TB \(0 %\)/ },
      { on: having('/dev/shm', { ...TERABYTE, available: 0 }), about: ['/dev/shm'], severity: 'CRITICAL' },
      // Where the system keeps what jobs need, each of them a filesystem of its own.
      ...['/var', '/var/lib', '/var/log', '/var/spool', '/var/tmp', '/tmp'].map((path) => ({
        on: also('/dev/sdb1', 'ext4', NOTHING, path),
        about: [path],
        severity: 'CRITICAL' as const,
      })),
      // Scratch space that is full is the jobs' affair.
      { on: having('/raid', { ...TERABYTE, available: 0 }), about: ['/raid'], severity: 'WARNING' },
      // A bind mount makes it essential, and no second finding.
      {
        on: also('/dev/sdb1', 'ext4', NOTHING, '/data/var', '/var/lib'),
        about: ['/var/lib'],
        severity: 'CRITICAL',
      },
      { on: also('/dev/sdb1', 'xfs', NOTHING, '/a', '/var/lib'), about: ['/a'], severity: 'CRITICAL' },
      {
        on: simulated().with({
          [DF]: (text) => text.replace(/(\/dev\/md1 +xfs +\d+ +)\d+/, '$11000'),
        }),
        about: ['/raid'],
      },
      {
        on: set({ essential_paths: ['/raid'] }, having('/raid', { ...TERABYTE, available: 0 })),
        about: ['/raid'],
        severity: 'CRITICAL',
      },
      {
        on: set({ foreign_paths: ['/raid'] }, having('/raid', { ...TERABYTE, available: 0 })),
        about: [],
      },
    ],
    low: [
      // Mounted over: one finding, of what one sees.
      {
        on: having('/dev/shm', { ...TERABYTE, available: 10e9 }).with({
          [MOUNTS]: (text) => `${text}91 22 0:91 / /dev/shm rw - tmpfs tmpfs rw\n`,
        }),
        about: ['/dev/shm'],
      },
      {
        on: having('/', { ...TERABYTE, available: 19_999_999_999 }),
        about: ['/'],
        severity: 'WARNING',
        saying: /^20 GB of 1 TB \(2 %\) are available at \/; it should be at least 20 GB or 10 %$/,
      },
      { on: having('/', { size: 100e9, available: 9_999_999_999 }), about: ['/'] },
      { on: having('/', { ...TERABYTE, available: 500e6 }), about: ['/'] },
      { on: simulated('hgx-h100-8+disk-full'), about: [] },
      { on: having('/raid', { ...TERABYTE, available: 1e9 }), about: ['/raid'], severity: 'WARNING' },
    ],
    'inodes-exhausted': [
      {
        on: having('/', { inodes: 1000, freeInodes: 9 }),
        about: ['/'],
        severity: 'CRITICAL',
        saying: /^9 of 1000 inodes \(0.9 %\) are available at \/; it should be at least 1 %$/,
      },
      { on: having('/', { inodes: 1000, freeInodes: 10 }), about: [] },
      { on: having('/', { inodes: 1e6, freeInodes: 9999 }), about: ['/'] },
      { on: having('/raid', { inodes: 1000, freeInodes: 0 }), about: ['/raid'], severity: 'WARNING' },
    ],
    'inodes-low': [
      { on: having('/', { inodes: 1000, freeInodes: 10 }), about: ['/'], severity: 'WARNING' },
      {
        on: having('/', { inodes: 1000, freeInodes: 49 }),
        about: ['/'],
        saying: /^49 of 1000 inodes \(4.9 %\) are available at \/; it should be at least 5 %$/,
      },
      { on: having('/', { inodes: 1e6, freeInodes: 49_999 }), about: ['/'] },
      { on: having('/', { inodes: 1000, freeInodes: 9 }), about: [] },
    ],
  },
  skipped: [
    simulated().failing({ [COMMAND]: 'no-tool: df is not on PATH' }),
    // busybox.
    simulated().with({
      [DF]: undefined,
      [`${COMMAND}.err`]: 'df: unrecognized option: l\nBusyBox v1.36.1 multi-call binary.\n',
      [`${COMMAND}.exit`]: '1\n',
    }),
    // Process 1 is that of a container.
    simulated().with({
      [MOUNTS]: () =>
        '512 400 0:88 / / rw - overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs\n',
    }),
    // A diskless node.
    simulated().with({ [MOUNTS]: () => '22 1 0:2 / / rw - rootfs rootfs rw\n' }),
    simulated().without(MOUNTS),
  ],
  unknown: [
    simulated().failing({ [COMMAND]: 'timeout: df: no answer in 5 s' }),
    simulated().with({ [DF]: () => 'Filesystem 1K-blocks Used\n' }),
    simulated().with({ [DF]: undefined, [`${COMMAND}.err`]: 'df: cannot read table\n', [`${COMMAND}.exit`]: '1\n' }),
    // df could not look at one of them.
    simulated().with({
      [DF]: (text) => text.replace(/^\/dev\/md1 .*\n/m, ''),
      [`${COMMAND}.err`]: 'df: /raid: Input/output error\n',
      [`${COMMAND}.exit`]: '1\n',
    }),
    simulated().with({ [DF]: (text) => text.replace(/^(\/dev\/md1 +xfs +\d+).*$/m, '$1') }),
    simulated().with({ [MOUNTS]: (text) => text.slice(0, 200) }),
    having('/', { size: 0, available: 0 }),
  ],
} satisfies Outcomes;
