import { absent, known, type Reading, type S } from '../api.ts';
import { unreadable } from './quantity.ts';

/** One line of `/proc/<pid>/mountinfo` (docs.kernel.org, filesystems/proc, 3.5). */
export interface MountLine {
  /** `259:3`. */
  readonly filesystemId: string;
  readonly path: string;
  readonly type: string;
  readonly device: string;
  /** Of this mount. */
  readonly options: readonly string[];
  /** Of the filesystem, whatever its mounts say. */
  readonly filesystemOptions: readonly string[];
}

/** Blanks, backslashes and `#` are written as three octal digits (fs/proc_namespace.c, mangle). */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

const FILESYSTEM_ID = /^\d{1,10}:\d{1,10}$/;

const mountOf = (line: string): MountLine | undefined => {
  const fields = line.split(' ');
  const separator = fields.indexOf('-', 6);
  const [, , filesystemId = '', , path = '', options = ''] = fields;
  const [type = '', device, filesystemOptions] = separator < 0 ? [] : fields.slice(separator + 1);
  if (!FILESYSTEM_ID.test(filesystemId) || !path.startsWith('/') || type === '') return undefined;
  if (device === undefined || filesystemOptions === undefined || filesystemOptions === '') return undefined;
  return {
    filesystemId,
    path: unescaped(path),
    type,
    device: unescaped(device),
    options: options.split(','),
    filesystemOptions: filesystemOptions.split(','),
  };
};

/** All mounts, or none: a table of which a part was lost would make mounts of it that are missing. */
export const mountTable = (text: string): Reading<readonly MountLine[]> => {
  const mounts: MountLine[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const mount = mountOf(line);
    if (mount === undefined) return unreadable(line, 'a line of mountinfo');
    mounts.push(mount);
  }
  // Whatever else a process sees, it sees its root.
  return mounts.length === 0 ? unreadable(text, 'a table of mounts') : known(mounts);
};

/** What is mounted last at a path covers what was there before. */
export const visibleMounts = (mounts: readonly MountLine[]): readonly MountLine[] => {
  const last = new Map(mounts.map((mount) => [mount.path, mount]));
  return mounts.filter((mount) => last.get(mount.path) === mount);
};

/** Of the kernel itself: no data of anybody is in them, and a machine has dozens. */
const PSEUDO = new Set([
  'binfmt_misc',
  'bpf',
  'cgroup',
  'cgroup2',
  'configfs',
  'debugfs',
  'devpts',
  'devtmpfs',
  'efivarfs',
  'fusectl',
  'mqueue',
  'nsfs',
  'proc',
  'pstore',
  'rpc_pipefs',
  'securityfs',
  'selinuxfs',
  'sysfs',
  'tracefs',
]);
export const isPseudo = (type: string): boolean => PSEUDO.has(type);

/** Filesystems on local block devices that are there to be written to; squashfs, erofs and iso9660 are read-only and full by design. */
export const WRITTEN_TO = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs'] as const;
export const isWrittenTo = (type: string): boolean => (WRITTEN_TO as readonly string[]).includes(type);

// Where container runtimes keep the layers of a root: containerd, Docker, Podman and CRI-O.
const OF_A_RUNTIME = /\/(?:io\.containerd\.|docker\/overlay2\/|containers\/storage\/|overlay-containers\/)/;

/** False where the root is one that a container runtime made: then process 1 is that of a container. */
export const isMachines = (mounts: readonly MountLine[]): boolean => {
  const root = mounts.findLast(({ path }) => path === '/');
  return !(root?.type === 'overlay' && root.filesystemOptions.some((option) => OF_A_RUNTIME.test(option)));
};

/** `/dev/nvme0n1p2` is `nvme0n1p2` to the kernel; links below `/dev/mapper` and names that are no path are not. */
export const kernelNameOf = (device: string): S => {
  const name = /^\/dev\/([^/]+)$/.exec(device)?.[1];
  return name === undefined ? absent('unsupported', `${device}: no name of a block device`) : known(name);
};
