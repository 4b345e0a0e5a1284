import {
  absent,
  defineCheck,
  type Fact,
  type Judgement,
  type KernelEvent,
  type KernelLog,
  type Mount,
} from '../../src/api.ts';
import { groupBy } from '../shared/groups.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
import { bounded } from '../shared/kernel-errors.ts';
import { FOREIGN_PATHS, isWithin } from '../shared/paths.ts';
import { condition, drain, event, stay } from '../shared/rules.ts';

type Code = 'turned-read-only' | 'shut-down' | 'filesystem-errors' | 'io-errors';
const TOLD_BY_KERNEL = ['shut-down', 'filesystem-errors', 'io-errors'] as const satisfies readonly Code[];

const rules = {
  'turned-read-only': condition('CRITICAL', 'Filesystem was turned read-only', drain('reboot')),
  'shut-down': event('CRITICAL', 'Filesystem was shut down by an error', drain('reboot'), { clearedBy: 'reboot' }),
  'filesystem-errors': event('WARNING', 'Filesystem reports errors', stay('service'), {
    clearedAfterSeconds: 14 * 86_400,
  }),
  'io-errors': event('WARNING', 'Writes to a filesystem were lost', stay('service'), { clearedAfterSeconds: 86_400 }),
};

/** Filesystems on local drives that are there to be written to: the rest is read-only by design, or a server's affair. */
const WRITTEN_TO = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs']);

export default defineCheck({
  apiVersion: 1,
  id: 'host/read-only-filesystems',
  title: 'A filesystem was turned read-only by an error',
  why: 'After an error ext4 and btrfs refuse to write and XFS refuses everything; jobs fail at their first log line or checkpoint, while the node looks healthy to its scheduler.',
  source:
    'Linux: fs/ext4/super.c, fs/xfs/xfs_fsops.c, fs/btrfs/messages.c; /proc/1/mountinfo (docs.kernel.org, filesystems/proc); gpud disk component, which looks back 14 days',
  remedy:
    'Find the cause: `dmesg -T | grep -E "EXT4-fs|XFS|BTRFS|I/O error|nvme"`. Reboot, so that the filesystem is checked (`xfs_repair`, `fsck`); where it returns, replace the drive. Mounted anew without a reboot: `muster ack`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['mounts'],
  uses: ['kernelLog'],
  kernelEvents: ['filesystem'],
  options: { foreign_paths: FOREIGN_PATHS },
  rules,
  judge: ({ mounts, kernelLog }, { node, now, bootedAt, options }): readonly Judgement<Code>[] => {
    const own = mounts.filter(({ type, path }) => WRITTEN_TO.has(type) && !isWithin(path, options.foreign_paths));
    if (own.length === 0) {
      return [{ unjudged: node, because: absent('no-device', 'no filesystem on a local drive is mounted') }];
    }
    const filesystems = [...groupBy(own, ({ filesystemId }) => filesystemId).values()].map(shortestFirst);
    const tell = (one: KernelEvent) => toldOf(one, filesystems);
    return [
      ...filesystems.map(([first]) => judgeState(first, kernelLog)),
      ...unplaced(filesystems, kernelLog),
      ...judgeHostEvents({
        log: kernelLog,
        kinds: ['filesystem'],
        codes: TOLD_BY_KERNEL,
        rules,
        tell,
        node,
        now,
        bootedAt,
      }),
    ];
  },
});

type OfOneFilesystem = readonly [Mount, ...Mount[]];

const shortestFirst = (mounts: readonly Mount[]): OfOneFilesystem =>
  [...mounts].sort((a, b) => a.path.length - b.path.length) as [Mount, ...Mount[]];

/** An administrator who wants it read-only says so of the mount, too; the kernel changes the filesystem alone. */
const isTurned = ({ readOnly, filesystemReadOnly, stopped }: Mount): boolean =>
  stopped || (filesystemReadOnly && !readOnly);

const judgeState = (mount: Mount, kernelLog: Fact<KernelLog>): Judgement<Code> => {
  const { ref, path, device, type, stopped } = mount;
  const code = 'turned-read-only';
  if (!isTurned(mount)) return { pass: ref, code };
  const words = kernelLog.ok ? kernelLog.value.events.findLast((one) => isAbout(one, mount))?.text : undefined;
  return {
    finding: {
      component: ref,
      code,
      message: `${path} (${type} on ${device}) was mounted read-write and ${stopped ? 'an error has stopped it' : 'is read-only now'}`,
      observed: stopped ? 'stopped by an error' : 'read-only',
      expected: 'read-write, as it was mounted',
      evidence: { device, type, ...(words === undefined ? {} : { kernel: bounded(words) }) },
    },
  };
};

/** The kernel complains of a device, and of a filesystem nobody could tell on which device it is: it may be that one. */
const unplaced = (filesystems: readonly OfOneFilesystem[], kernelLog: Fact<KernelLog>): readonly Judgement<Code>[] => {
  const isPlaced = (one: KernelEvent): boolean => filesystems.some(([first]) => isAbout(one, first));
  const events = kernelLog.ok ? kernelLog.value.events : [];
  if (!events.some((one) => one.kind === 'filesystem' && one.fromKernel && !isPlaced(one))) return [];
  return filesystems.flatMap(([{ ref, kernelName }]) =>
    kernelName.ok ? [] : TOLD_BY_KERNEL.map((code) => ({ unjudged: ref, code, because: kernelName })),
  );
};

const isAbout = ({ kind, fromKernel, component }: KernelEvent, { kernelName }: Mount): boolean =>
  kind === 'filesystem' && fromKernel && kernelName.ok && kernelName.value === component.device;

/** Only what is still mounted; and what the table of mounts shows already is not said twice. */
const toldOf = (
  one: KernelEvent,
  filesystems: readonly OfOneFilesystem[],
): Told<(typeof TOLD_BY_KERNEL)[number]> | undefined => {
  const [mount] = filesystems.find(([first]) => isAbout(one, first)) ?? [];
  if (mount === undefined || isTurned(mount)) return undefined;
  const { path, type, filesystemReadOnly } = mount;
  const what = `${path} (${type} on ${one.component.device})`;
  switch (one.fields.event) {
    case 'shut-down':
      return { code: 'shut-down', what: `${what} was shut down by an error: nothing can be read or written` };
    case 'read-only':
      return filesystemReadOnly
        ? { code: 'shut-down', what: `${what} was turned read-only by an error` }
        : { code: 'filesystem-errors', what: `${what} was turned read-only by an error and is writable again` };
    case 'io-error':
      return { code: 'io-errors', what: `${what} lost reads or writes to an I/O error` };
    default:
      return { code: 'filesystem-errors', what: `${what} reports errors` };
  }
};
