import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const MOUNTS = 'proc/1/mountinfo';
const DAY = 86_400;

const mounted = (line: string, on: RawMachine = simulated()): RawMachine =>
  on.with({ [MOUNTS]: (text) => `${text}${line}\n` });

/** The root filesystem with these options of the mount and of the filesystem. */
const root = (options: string, filesystemOptions: string): RawMachine =>
  simulated().with({
    [MOUNTS]: (text) =>
      text.replace('/ / rw,relatime', `/ / ${options}`).replace('rw,errors=remount-ro\n', `${filesystemOptions}\n`),
  });

const REMOUNTED = 'EXT4-fs (md0): Remounting filesystem read-only';
const SHUT_DOWN = 'XFS (md1): Filesystem has been shut down due to log error (0x2).';
const LOST = 'Buffer I/O error on dev md1, logical block 1308098575, lost async page write';
const ERROR = 'EXT4-fs error (device md0): ext4_lookup:1785: inode #2: comm ls: deleted inode referenced: 12';

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    // Read-only by design, or because somebody wants it so.
    mounted('90 22 7:1 / /mnt/image rw,relatime - squashfs /dev/loop1 ro'),
    mounted('90 22 11:0 / /mnt/cd rw,relatime - iso9660 /dev/sr0 ro'),
    root('ro,relatime', 'ro,errors=remount-ro'),
    mounted('90 22 9:1 / /export ro,relatime - xfs /dev/md1 rw,attr2'),
    // Bind mounts do not turn with the mount that an administrator changed.
    simulated().with({
      [MOUNTS]: (text) =>
        `${text.replace('9:1 / /raid rw,relatime', '9:1 / /raid ro,relatime').replace('/dev/md1 rw', '/dev/md1 ro')}` +
        '90 22 9:1 /x /raid-for-a-container rw,relatime - xfs /dev/md1 ro\n',
    }),
    // What a server exports, and the volumes of pods, are not the node's.
    mounted('90 22 0:60 / /sw rw,relatime - nfs4 10.0.0.5:/sw ro,vers=4.2'),
    mounted('90 22 251:0 / /var/lib/kubelet/pods/1/volumes/pvc-1 rw - ext4 /dev/rbd0 ro'),
    // Of a device that is not mounted, by a user, or of an age that is over.
    simulated().saying([
      'XFS (sdq1): Filesystem has been shut down due to log error (0x2).',
      LOST.replace('md1', 'sr0'),
    ]),
    simulated().saying([SHUT_DOWN, ERROR, LOST], { facility: 1 }),
    simulated().saying([LOST], { secondsAgo: DAY + 60 }),
    simulated().saying(['EXT4-fs (md0): mounted filesystem with ordered data mode. Opts: (null). Quota mode: none.']),
    simulated().saying(['XFS (md1): Ending clean mount', 'XFS (md1): Mounting V5 Filesystem']),
  ],
  findings: {
    'turned-read-only': [
      {
        on: simulated('hgx-h100-8+read-only-root'),
        about: ['/'],
        severity: 'CRITICAL',
        saying: '/ (ext4 on /dev/md0) was mounted read-write and is read-only now',
      },
      { on: root('rw,relatime', 'ro,errors=remount-ro'), about: ['/'] },
      // From Linux 6.15 ext4 says so in words.
      { on: root('rw,relatime', 'rw,emergency_ro'), about: ['/'], saying: 'an error has stopped it' },
      { on: root('rw,relatime', 'rw,shutdown'), about: ['/'] },
      // One finding a filesystem, by its shortest path.
      {
        on: mounted('90 22 9:0 /srv /srv rw - ext4 /dev/md0 ro', root('rw,relatime', 'ro,errors=remount-ro')),
        about: ['/'],
      },
      // A read-only bind mount says nothing of the filesystem.
      {
        on: mounted('90 22 9:0 /srv /srv ro - ext4 /dev/md0 ro', root('rw,relatime', 'ro,errors=remount-ro')),
        about: ['/'],
      },
      { on: mounted('90 22 8:1 / /mnt/with\\040blank rw - ext4 /dev/sda1 ro'), about: ['/mnt/with blank'] },
      {
        on: simulated()
          .failing({ kmsg: 'denied: EPERM' })
          .with({ [MOUNTS]: (text) => text.replace('/dev/md1 rw', '/dev/md1 ro') }),
        about: ['/raid'],
      },
    ],
    'shut-down': [
      {
        on: simulated().saying([SHUT_DOWN]),
        about: ['md1'],
        severity: 'CRITICAL',
        saying: /^\/raid \(xfs on md1\) was shut down by an error: nothing can be read or written, at /,
      },
      {
        on: simulated().saying([
          'XFS (md1): Metadata I/O Error (0x4) detected at x+0x1/0x2 [xfs] (fs/xfs/xfs_buf.c:1).  Shutting down filesystem.',
        ]),
        about: ['md1'],
      },
      {
        on: simulated().saying([
          'XFS (md1): xfs_do_force_shutdown(0x2) called from line 1211 of file fs/xfs/xfs_log.c',
        ]),
        about: ['md1'],
      },
      // Both are read-only, so only the kernel can tell that nobody wanted it.
      {
        on: root('ro,relatime', 'ro,errors=remount-ro').saying([REMOUNTED]),
        about: ['md0'],
        saying: /^\/ \(ext4 on md0\) was turned read-only by an error, at /,
      },
      { on: simulated().saying([SHUT_DOWN], { secondsAgo: DAY * 1.5 }), about: ['md1'] },
      { on: simulated('hgx-h100-8+read-only-root'), about: [] },
    ],
    'filesystem-errors': [
      {
        on: simulated().saying([ERROR]),
        about: ['md0'],
        severity: 'WARNING',
        saying: /^\/ \(ext4 on md0\) reports errors, at /,
      },
      {
        on: simulated().saying([ERROR, ERROR, 'Aborting journal on device md0-8.']),
        about: ['md0'],
        saying: /3 times since/,
      },
      {
        on: simulated().saying([REMOUNTED]),
        about: ['md0'],
        saying: 'was turned read-only by an error and is writable again',
      },
      {
        on: simulated().saying([
          'XFS (md1): Metadata corruption detected at xfs_agf_read_verify+0x1/0x2 [xfs], xfs_agf block 0x1',
        ]),
        about: ['md1'],
      },
      { on: simulated('hgx-h100-8+read-only-root'), about: [] },
    ],
    'io-errors': [
      // The kernel names the device by a name that the table of mounts does not have.
      {
        on: mounted('90 22 253:3 / /var/lib/docker rw - ext4 /dev/mapper/vg-docker rw')
          .with({ 'sys/dev/block/253:3/uevent': 'MAJOR=253\nMINOR=3\nDEVNAME=dm-3\nDEVTYPE=disk\n' })
          .saying([LOST.replace('md1', 'dm-3')]),
        about: ['dm-3'],
        saying: /^\/var\/lib\/docker \(ext4 on dm-3\)/,
      },
      { on: mounted('90 22 8:2 / /srv rw - xfs /dev/sda2 rw').saying([LOST.replace('md1', 'sda2')]), about: ['sda2'] },
      {
        on: simulated().saying([LOST]),
        about: ['md1'],
        severity: 'WARNING',
        saying: /^\/raid \(xfs on md1\) lost reads or writes to an I\/O error/,
      },
      { on: simulated().saying([LOST], { secondsAgo: DAY - 60 }), about: ['md1'] },
    ],
  },
  skipped: [simulated().without(MOUNTS), simulated().with({ [MOUNTS]: '22 1 0:2 / / rw - rootfs rootfs rw\n' })],
  unknown: [
    simulated().failing({ kmsg: 'denied: /dev/kmsg: EPERM' }),
    simulated().failing({ [MOUNTS]: 'denied: EACCES' }),
    simulated().with({ [MOUNTS]: (text) => text.slice(0, -110) }),
  ],
} satisfies Outcomes;
