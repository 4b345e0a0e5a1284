import { absent, defineCheck, type Filesystem, known, type N, type Reading } from '../../src/api.ts';
import { about, type Details } from '../shared/about.ts';
import { FOREIGN_PATHS, isWithin } from '../shared/paths.ts';
import { together } from '../shared/readings.ts';
import { condition, drain, stay } from '../shared/rules.ts';
import { bytesText, percent } from '../shared/sizes.ts';

const MEGABYTE = 1e6;
const GIGABYTE = 1e9;

const WHERE_COUNTED = 'where the filesystem has a fixed number of inodes';

export default defineCheck({
  apiVersion: 1,
  id: 'host/disk-full',
  title: 'A local filesystem is full',
  why: 'Without space on the root filesystem slurmd, containerd and the kubelet fail, and every job that starts here with them.',
  source:
    'gpud disk component (root below 500 MB free); kubelet eviction defaults (kubernetes.io, node-pressure-eviction); df -l, GNU coreutils',
  remedy:
    'See what fills it: `df -h PATH; df -i PATH; du -xhd1 PATH | sort -h | tail`. Usual: core dumps (`coredumpctl list`), container images (`crictl rmi --prune`), the journal (`journalctl --vacuum-size=1G`), what jobs left in /tmp and /dev/shm. A file that was deleted while open counts until its process ends: `lsof +L1`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['filesystems'],
  options: {
    essential_paths: {
      default: ['/', '/run', '/tmp', '/dev/shm', '/var', '/var/lib', '/var/log', '/var/spool', '/var/tmp'],
      source:
        'hier(7): where slurmd, systemd and container runtimes keep their state; NCCL and data loaders need /dev/shm (NCCL user guide, Troubleshooting)',
      help: 'A full filesystem that is mounted at one of these keeps jobs away; others only warn.',
    },
    foreign_paths: FOREIGN_PATHS,
    full_megabytes: {
      default: 500,
      unit: 'MB',
      source: 'gpud disk component: root below 500 MB free is degraded',
      help: 'Full is what has less than this available to users, and less than full_percent.',
    },
    full_percent: {
      default: 5,
      unit: '%',
      source: 'assumed, so that a small filesystem such as /boot is not full by its size',
      help: 'Full is what has less than this share available, and less than full_megabytes.',
    },
    low_gigabytes: {
      default: 20,
      unit: 'GB',
      source: 'assumed: a container image of a training framework (nvcr.io/nvidia/pytorch) unpacks to about 20 GB',
      help: 'Space is low where less than this is available, and less than low_percent.',
    },
    low_percent: {
      default: 10,
      unit: '%',
      source: 'kubelet hard eviction: nodefs.available < 10 %',
      help: 'Space is low where less than this share is available, and less than low_gigabytes.',
    },
    exhausted_inodes_percent: {
      default: 1,
      unit: '%',
      source: 'assumed: a fifth of where the kubelet evicts',
      help: 'Below this share of its inodes a filesystem takes no more files for long.',
    },
    low_inodes_percent: {
      default: 5,
      unit: '%',
      source: 'kubelet hard eviction: nodefs.inodesFree < 5 %',
      help: 'Below this share of its inodes a filesystem is short of them.',
    },
  },
  rules: {
    full: condition('CRITICAL', 'Filesystem is full', drain('service')),
    low: condition('WARNING', 'Filesystem is nearly full', stay('watch')),
    'inodes-exhausted': condition('CRITICAL', 'Filesystem has no inodes left', drain('service'), WHERE_COUNTED),
    'inodes-low': condition('WARNING', 'Filesystem is short of inodes', stay('watch'), WHERE_COUNTED),
  },
  // A job that unpacks something fills and frees space in a minute.
  raise: { hits: 2, of: 3, clear: 2 },
  judge: ({ filesystems }, { options }) => {
    const isEssential = ({ path, alsoAt }: Filesystem): boolean =>
      [path, ...alsoAt].some((at) => options.essential_paths.includes(at));
    const isJudged = (one: Filesystem): boolean =>
      isEssential(one) || (one.type !== 'tmpfs' && !isWithin(one.path, options.foreign_paths));

    return filesystems.filter(isJudged).flatMap((one) => {
      const override = isEssential(one) ? {} : { override: { severity: 'WARNING', action: stay('service') } as const };
      const space = leftOf(one.totalBytes, one.availableBytes);
      const inodes = leftOf(one.totalInodes, one.availableInodes);
      const isFull = ({ available, share }: Left): boolean =>
        available < options.full_megabytes * MEGABYTE && share < options.full_percent / 100;
      const isLow = ({ available, share }: Left): boolean =>
        available < options.low_gigabytes * GIGABYTE && share < options.low_percent / 100;
      const isExhausted = ({ share }: Left): boolean => share < options.exhausted_inodes_percent / 100;
      return [
        about(one.ref, 'full', space, (left) =>
          isFull(left)
            ? { ...saySpace(one, left, `${options.full_megabytes} MB or ${options.full_percent} %`), ...override }
            : undefined,
        ),
        about(one.ref, 'low', space, (left) =>
          !isFull(left) && isLow(left)
            ? saySpace(one, left, `${options.low_gigabytes} GB or ${options.low_percent} %`)
            : undefined,
        ),
        about(one.ref, 'inodes-exhausted', inodes, (left) =>
          isExhausted(left) ? { ...sayInodes(one, left, options.exhausted_inodes_percent), ...override } : undefined,
        ),
        about(one.ref, 'inodes-low', inodes, (left) =>
          !isExhausted(left) && left.share < options.low_inodes_percent / 100
            ? sayInodes(one, left, options.low_inodes_percent)
            : undefined,
        ),
      ];
    });
  },
});

interface Left {
  readonly total: number;
  readonly available: number;
  /** 0–1. */
  readonly share: number;
}

const leftOf = (total: N, available: N): Reading<Left> => {
  const left = together({ total, available });
  if (!left.ok) return left;
  if (left.value.total <= 0) return absent('failed', `df says that the filesystem has a size of ${left.value.total}`);
  return known({ ...left.value, share: left.value.available / left.value.total });
};

const whatIs = ({ device, type, alsoAt }: Filesystem): Details['evidence'] => ({
  device,
  type,
  ...(alsoAt.length === 0 ? {} : { also_at: alsoAt.join(' ') }),
});

const saySpace = (one: Filesystem, { total, available, share }: Left, limit: string): Details => ({
  message: `${bytesText(available)} of ${bytesText(total)} (${percent(share)}) are available at ${one.path}; it should be at least ${limit}`,
  observed: `${bytesText(available)}, ${percent(share)}`,
  expected: `at least ${limit}`,
  evidence: { ...whatIs(one), total_bytes: total, available_bytes: available },
});

const sayInodes = (one: Filesystem, { total, available, share }: Left, limit: number): Details => ({
  message: `${available} of ${total} inodes (${percent(share)}) are available at ${one.path}; it should be at least ${limit} %`,
  observed: percent(share),
  expected: `at least ${limit} %`,
  evidence: { ...whatIs(one), total_inodes: total, available_inodes: available },
});
