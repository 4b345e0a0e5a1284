import { commandKey } from '../../host/tree.ts';
import type { World } from './state.ts';
import type { ArrayState, DriveState, MountState } from './storage-state.ts';
import { type Files, linkFiles } from './sys-pci.ts';

/** `/proc/<pid>/mountinfo` (docs.kernel.org, filesystems/proc, 3.5). */
const mountinfo = (mounts: readonly MountState[]): string =>
  mounts
    .map(
      ({ path, device, type, id, options, filesystemOptions }, i) =>
        `${22 + i} ${path === '/' ? 1 : 22} ${id} / ${path} ${options} shared:${i + 1} - ${type} ${device} ${filesystemOptions}\n`,
    )
    .join('');

const mdstatOf = ({ name, level, kibibytes, members }: ArrayState): string => {
  const devices = members.map((member, i) => ` ${member.name}[${i}]${member.failed ? '(F)' : ''}`).reverse();
  const working = members.filter(({ failed }) => !failed).length;
  const redundancy =
    level === 'raid1'
      ? ` [${members.length}/${working}] [${members.map(({ failed }) => (failed ? '_' : 'U')).join('')}]`
      : ' 512k chunks';
  return `${name} : active ${level}${devices.join('')}\n      ${kibibytes} blocks super 1.2${redundancy}\n      \n`;
};

const mdstat = (arrays: readonly ArrayState[]): string =>
  `Personalities : [raid1] [raid0] \n${arrays.map(mdstatOf).join('')}unused devices: <none>\n`;

const driveFiles = ({ name, model, serial, firmware, state, pci, bytes, width }: DriveState): Files => {
  const folder = `sys/class/nvme/${name}`;
  return [
    [`${folder}/model`, `${model.padEnd(40)}\n`],
    [`${folder}/serial`, `${serial.padEnd(20)}\n`],
    [`${folder}/firmware_rev`, `${firmware}\n`],
    [`${folder}/state`, `${state}\n`],
    [`${folder}/transport`, 'pcie\n'],
    [`${folder}/address`, `${pci}\n`],
    // A controller that the driver has given up has no blocks left.
    [`${folder}/${name}n1/size`, `${state === 'dead' ? 0 : bytes / 512}\n`],
    ...linkFiles(`${folder}/device`, { generation: 4, width, maxWidth: 4 }),
  ];
};

/** As Muster asks for it; GNU df pads its columns. */
const DF = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs', 'tmpfs'].flatMap((type) => ['-t', type]);
const dfKey = commandKey('df', ['-l', '-B1', '--output=source,fstype,size,avail,itotal,iavail,target', ...DF]);

const df = (mounts: readonly MountState[]): string => {
  const line = (source: string, type: string, numbers: readonly (string | number)[], target: string): string =>
    `${source.padEnd(14)} ${type.padEnd(5)}${numbers.map((one) => `${one}`.padStart(15)).join('')} ${target}\n`;
  const rows = mounts.map(({ path, device, type, space }) =>
    space === undefined
      ? ''
      : line(device, type, [space.bytes, space.availableBytes, space.inodes, space.availableInodes], path),
  );
  return [line('Filesystem', 'Type', ['1B-blocks', 'Avail', 'Inodes', 'IFree'], 'Mounted on'), ...rows].join('');
};

/** What the machine has mounted, how full it is, its drives and arrays. */
export const storageFiles = ({ storage }: World): Files => [
  ['proc/1/mountinfo', mountinfo(storage.mounts)],
  ['proc/mdstat', mdstat(storage.arrays)],
  [`commands/${dfKey}.out`, df(storage.mounts)],
  ...storage.drives.flatMap(driveFiles),
  ...storage.mounts
    .filter(({ device }) => device.startsWith('/dev/'))
    .map(({ id, device }): Files[number] => [
      `sys/dev/block/${id}/uevent`,
      `DEVNAME=${device.slice('/dev/'.length)}\n`,
    ]),
];
