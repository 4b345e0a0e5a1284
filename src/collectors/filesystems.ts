import {
  type Absent,
  absent,
  type CommandResult,
  defineCollector,
  type Filesystem,
  hostPart,
  known,
  type Reading,
} from '../api.ts';
import { type DfLine, dfTable } from '../parse/df.ts';
import { firstLine } from '../parse/first-line.ts';
import { isWrittenTo, type MountLine, WRITTEN_TO } from '../parse/mountinfo.ts';
import { machineMounts } from './mounts.ts';

/**
 * What `df` is told to leave alone it does not touch (GNU coreutils, src/df.c), so that a dead NFS server, a FUSE daemon
 * that hangs and the filesystems of a thousand containers cost nothing: local only, and of these types only.
 */
const TYPES = [...WRITTEN_TO, 'tmpfs'];
const ARGUMENTS = [
  '-l',
  '-B1',
  '--output=source,fstype,size,avail,itotal,iavail,target',
  ...TYPES.flatMap((type) => ['-t', type]),
];
const DEADLINE_MS = 5_000;
const MAX_BYTES = 1 << 20;
/** Bind mounts of one filesystem are without number where containers run. */
const MOST_PATHS = 8;

/** df exits with 1 where it could not look at one of many: the others are told all the same. */
const tableOf = ({ exitCode, stdout, stderr }: CommandResult): Reading<readonly DfLine[]> => {
  if (/unrecognized option|invalid option/.test(stderr))
    return absent('unsupported', `df of this machine is not GNU coreutils: ${firstLine(stderr)}`);
  if (stdout === '' && /no file systems processed/.test(stderr)) return known([]);
  if (stdout === '') return absent('failed', `df: exit code ${exitCode}: ${firstLine(stderr) ?? 'no words'}`);
  return dfTable(stdout);
};

/** How full what the machine has mounted is, once a filesystem. */
export const filesystems = defineCollector({
  apiVersion: 1,
  id: 'filesystems',
  provides: ['filesystems'],
  reads: 'df -l, for the filesystems of /proc/1/mountinfo',
  schedule: { everySeconds: 45 },
  sheddable: true,
  deadlineMs: DEADLINE_MS + 1_000,
  async collect(host) {
    const mounted = await machineMounts(host);
    if (!mounted.ok) return { filesystems: mounted };
    const run = await host.run('df', ARGUMENTS, { deadlineMs: DEADLINE_MS, maxBytes: MAX_BYTES });
    const table = run.ok ? tableOf(run.value) : run;
    if (!table.ok) return { filesystems: table };
    const complaints = run.ok ? run.value.stderr.split('\n') : [];
    const root = mounted.value.find(({ path }) => path === '/')?.device;
    const all = [...byFilesystem(mounted.value).values()].map((mounts) =>
      filesystemOf(mounts, lineOf(mounts, table.value, root), complaints),
    );
    return {
      filesystems: all.length === 0 ? absent('no-device', 'no filesystem on a local drive is mounted') : known(all),
    };
  },
});

/** The mounts of each local filesystem, the shortest path first; a tmpfs is the memory of what it is for. */
const byFilesystem = (mounts: readonly MountLine[]): ReadonlyMap<string, readonly MountLine[]> => {
  const groups = new Map<string, MountLine[]>();
  for (const mount of mounts) {
    if (!isWrittenTo(mount.type) && mount.type !== 'tmpfs') continue;
    const group = groups.get(mount.filesystemId);
    if (group === undefined) groups.set(mount.filesystemId, [mount]);
    else group.push(mount);
  }
  for (const group of groups.values()) group.sort((a, b) => a.path.length - b.path.length);
  return groups;
};

const filesystemOf = (
  mounts: readonly MountLine[],
  line: DfLine | undefined,
  complaints: readonly string[],
): Filesystem => {
  const [first, ...others] = mounts as readonly [MountLine, ...MountLine[]];
  const { path, device, type } = first;
  const { totalBytes, availableBytes, totalInodes, availableInodes } = line ?? allAbsent(unseen(first, complaints));
  return {
    ref: hostPart(path),
    path,
    alsoAt: others.slice(0, MOST_PATHS).map((mount) => mount.path),
    device,
    type,
    totalBytes,
    availableBytes,
    totalInodes,
    availableInodes,
  };
};

/**
 * By its device, which has one name in every mount namespace. A tmpfs has none, and a container has its own ones: it is
 * looked up by its path, where df sees the root of the machine.
 */
const lineOf = (
  mounts: readonly MountLine[],
  table: readonly DfLine[],
  root: string | undefined,
): DfLine | undefined => {
  const seesTheMachine = table.some(({ target, source }) => target === '/' && source === root);
  return table.find(({ source, type, target }) =>
    mounts.some((mount) =>
      mount.type === 'tmpfs'
        ? type === 'tmpfs' && target === mount.path && seesTheMachine
        : type === mount.type && source === mount.device,
    ),
  );
};

const unseen = ({ path, device }: MountLine, complaints: readonly string[]): Absent => {
  const complaint = complaints.find((line) => line.startsWith(`df: ${path}: `));
  return complaint === undefined
    ? absent('unsupported', `df does not see ${path} (${device}): it is mounted where this process cannot look`)
    : absent('failed', complaint);
};

const allAbsent = (why: Absent) => ({
  totalBytes: why,
  availableBytes: why,
  totalInodes: why,
  availableInodes: why,
});
