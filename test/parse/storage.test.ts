import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sectors } from '../../src/parse/block.ts';
import { dfTable } from '../../src/parse/df.ts';
import { raidArrays } from '../../src/parse/mdstat.ts';
import {
  isMachines,
  isPseudo,
  isWrittenTo,
  kernelNameOf,
  mountTable,
  visibleMounts,
} from '../../src/parse/mountinfo.ts';

/** A text as a machine gives it, and what can become of it on the way. */
const damaged = (text: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string(),
    fc.nat(text.length).map((end) => text.slice(0, end)),
    fc.constant(text + text),
    fc
      .tuple(fc.nat(text.length), fc.string({ maxLength: 6 }))
      .map(([at, noise]) => text.slice(0, at) + noise + text.slice(at + noise.length)),
  );

/** No NaN and no null, however deep. */
const isWhole = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || value === undefined) return false;
  return typeof value !== 'object' || Object.values(value).every(isWhole);
};

const MOUNTINFO = `22 1 9:0 / / rw,relatime shared:1 - ext4 /dev/md0 rw,errors=remount-ro
23 22 0:22 / /proc rw shared:2 master:3 - proc proc rw
30 22 259:3 /sub /mnt/with\\040blank\\011tab\\134 ro - xfs /dev/mapper/vg-a\\040b ro,attr2
`;

describe('mountinfo', () => {
  it('gives each mount with the options of both', () => {
    expect(mountTable(MOUNTINFO)).toEqual({
      ok: true,
      value: [
        {
          filesystemId: '9:0',
          path: '/',
          type: 'ext4',
          device: '/dev/md0',
          options: ['rw', 'relatime'],
          filesystemOptions: ['rw', 'errors=remount-ro'],
        },
        {
          filesystemId: '0:22',
          path: '/proc',
          type: 'proc',
          device: 'proc',
          options: ['rw'],
          filesystemOptions: ['rw'],
        },
        {
          filesystemId: '259:3',
          path: '/mnt/with blank\ttab\\',
          type: 'xfs',
          device: '/dev/mapper/vg-a b',
          options: ['ro'],
          filesystemOptions: ['ro', 'attr2'],
        },
      ],
    });
  });

  it('may name no device', () => {
    expect(mountTable('22 1 0:5 / /x rw -  tmpfs rw\n')).toMatchObject({ ok: false });
    expect(mountTable('22 1 0:5 / /x rw - tmpfs  rw\n')).toMatchObject({ ok: true, value: [{ device: '' }] });
  });

  it.each([
    ['nothing', ''],
    ['a line without separator', `${MOUNTINFO}24 22 0:5 / /x rw\n`],
    ['a line that ends early', `${MOUNTINFO}24 22 0:5 / /x rw - tmpfs tmpfs\n`],
    ['a path that is none', `${MOUNTINFO}24 22 0:5 / x rw - tmpfs tmpfs rw\n`],
    ['an id that is none', `${MOUNTINFO}24 22 0-5 / /x rw - tmpfs tmpfs rw\n`],
  ])('with %s is an absence', (_, text) => {
    expect(mountTable(text)).toMatchObject({ ok: false, reason: 'failed' });
  });

  it('never throws, and gives whole mounts or none', () => {
    fc.assert(fc.property(damaged(MOUNTINFO), (text) => isWhole(mountTable(text))));
  });

  it.each([
    ['overlay', 'lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs', false],
    ['overlay', 'upperdir=/var/lib/docker/overlay2/1234/diff', false],
    ['overlay', 'upperdir=/var/lib/containers/storage/overlay/1/diff', false],
    ['overlay', 'lowerdir=/run/rootfsbase,upperdir=/run/overlayfs', true],
    ['ext4', 'upperdir=/var/lib/docker/overlay2/1234/diff', true],
  ])('with a root of type %s (%s) is the machine: %s', (type, options, isThat) => {
    const table = mountTable(`22 1 0:50 / / rw - ${type} ${type} rw,${options}\n23 22 0:5 / /x rw - tmpfs tmpfs rw\n`);
    expect(table.ok && isMachines(table.value)).toBe(isThat);
  });

  it('shows of each path what was mounted last', () => {
    const table = mountTable(`${MOUNTINFO}31 22 0:5 / / rw - tmpfs tmpfs rw\n`);
    const visible = table.ok ? visibleMounts(table.value) : [];
    expect(visible.map(({ path, type }) => `${path} ${type}`)).toEqual([
      '/proc proc',
      '/mnt/with blank\ttab\\ xfs',
      '/ tmpfs',
    ]);
  });

  it('without a root is the machine', () => {
    const table = mountTable('23 22 0:5 / /x rw - tmpfs tmpfs rw\n');
    expect(table.ok && isMachines(table.value)).toBe(true);
  });

  it.each(
    (
      'binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl mqueue nsfs proc pstore ' +
      'rpc_pipefs securityfs selinuxfs sysfs tracefs'
    ).split(' '),
  )('%s holds no data of anybody', (type) => {
    expect(isPseudo(type)).toBe(true);
    expect(isWrittenTo(type)).toBe(false);
  });

  it('tells types and names apart', () => {
    expect(['ext4', 'tmpfs', 'overlay', 'nfs4', ''].some(isPseudo)).toBe(false);
    expect(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs'].every(isWrittenTo)).toBe(true);
    expect(['squashfs', 'nfs4', 'tmpfs', 'overlay', 'vfat', 'iso9660'].some(isWrittenTo)).toBe(false);
    expect(kernelNameOf('/dev/nvme0n1p2')).toEqual({ ok: true, value: 'nvme0n1p2' });
    expect(kernelNameOf('/dev/mapper/vg-root')).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(kernelNameOf('tank/home')).toMatchObject({ ok: false });
  });
});

const DF = `Filesystem     Type      1B-blocks        Avail    Inodes     IFree Mounted on
/dev/md0       ext4  1888331038720 134071503749 117211136 113694801 /
/dev/sdb       btrfs 1000204886016 500000000000         0         0 /mnt/with blank
tank/a         zfs               -            -         -         - /tank/a
/dev/sdc       ext4       1000000        -4096        10         3 /full
`;

describe('df', () => {
  it('gives bytes and inodes, and says where there are none', () => {
    expect(dfTable(DF)).toMatchObject({
      ok: true,
      value: [
        {
          source: '/dev/md0',
          type: 'ext4',
          totalBytes: { value: 1_888_331_038_720 },
          availableBytes: { value: 134_071_503_749 },
          totalInodes: { value: 117_211_136 },
          availableInodes: { value: 113_694_801 },
          target: '/',
        },
        {
          target: '/mnt/with blank',
          totalInodes: { ok: false, reason: 'unsupported' },
          availableInodes: { ok: false, reason: 'unsupported' },
        },
        { target: '/tank/a', totalBytes: { ok: false, reason: 'unsupported' } },
        { target: '/full', availableBytes: { ok: true, value: 0 } },
      ],
    });
  });

  it.each([
    ['nothing', ''],
    ['another header', DF.replace('IFree', 'Use%')],
    ['a line cut short', `${DF}/dev/sdd ext4 100`],
  ])('with %s is an absence', (_, text) => {
    expect(dfTable(text)).toMatchObject({ ok: false, reason: 'failed' });
  });

  it('never throws', () => {
    fc.assert(fc.property(damaged(DF), (text) => isWhole(dfTable(text))));
  });
});

const MDSTAT = `Personalities : [raid1] [raid0]
md0 : active raid1 nvme1n1p2[1](F) nvme0n1p2[0] nvme2n1p2[2](S)
      1874716672 blocks super 1.2 [2/1] [U_]
      [==>..................]  recovery = 12.6% (236214300/1874716672) finish=127.5min speed=214013K/sec
      bitmap: 3/14 pages [12KB], 65536KB chunk

md1 : active (auto-read-only) raid0 nvme4n1[1] nvme3n1[0]
      30004846592 blocks super 1.2 512k chunks
      resync=PENDING

md127 : inactive nvme9n1[1](S) nvme8n1[0](S)
      10402 blocks super external:imsm

unused devices: <none>
`;

describe('/proc/mdstat', () => {
  it('gives arrays with their members and what they do', () => {
    expect(raidArrays(MDSTAT)).toMatchObject({
      ok: true,
      value: [
        {
          ref: { kind: 'node', key: 'node:md0', device: 'md0' },
          state: 'active',
          level: { value: 'raid1' },
          devices: { value: 2 },
          working: { value: 1 },
          members: [
            { name: 'nvme1n1p2', failed: true, spare: false },
            { name: 'nvme0n1p2', failed: false, spare: false },
            { name: 'nvme2n1p2', failed: false, spare: true },
          ],
          isContainer: false,
          syncing: { value: { action: 'recovery', progress: { value: 0.126 } } },
        },
        {
          name: 'md1',
          state: 'active',
          level: { value: 'raid0' },
          devices: { ok: false, reason: 'unsupported' },
          syncing: { value: { action: 'resync', progress: { ok: false, reason: 'no-history' } } },
        },
        { name: 'md127', state: 'inactive', level: { ok: false }, isContainer: true, syncing: { ok: false } },
      ],
    });
  });

  it.each(['', '\n', 'md0 : active raid1 nvme1n1p2[1] nvme0n1p2[0]\n', 'Permission denied\n'])(
    'that reads %j is an absence, not a machine without arrays',
    (text) => expect(raidArrays(text)).toMatchObject({ ok: false, reason: 'failed' }),
  );

  it('may list none', () => {
    expect(raidArrays('Personalities : \nunused devices: <none>\n')).toEqual({ ok: true, value: [] });
  });

  it('never makes a share of more than the whole', () => {
    expect(raidArrays(MDSTAT.replace('12.6%', '126%'))).toMatchObject({
      value: [{ syncing: { value: { progress: { ok: false } } } }, {}, {}],
    });
    expect(raidArrays(MDSTAT.replace('12.6%', '100.0%'))).toMatchObject({
      value: [{ syncing: { value: { progress: { value: 1 } } } }, {}, {}],
    });
  });

  it('never throws', () => {
    fc.assert(fc.property(damaged(MDSTAT), (text) => isWhole(raidArrays(text))));
  });
});

describe('the size of a block device', () => {
  it('counts 512 bytes a sector', () => {
    expect(sectors('7501476528\n')).toEqual({ ok: true, value: 3_840_755_982_336 });
    expect(sectors('0\n')).toEqual({ ok: true, value: 0 });
  });

  it.each(['', '-1', 'x', '1.5'])('%j is none', (text) => {
    expect(sectors(text)).toMatchObject({ ok: false });
  });
});
