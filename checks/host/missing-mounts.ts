import {
  absent,
  defineCheck,
  type Expected,
  hostPart,
  type Judgement,
  type KernelEvent,
  type KernelLog,
  type Mount,
  type Reading,
} from '../../src/api.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
import { condition, drain, event, stay } from '../shared/rules.ts';

type Code = 'missing' | 'wrong-type' | 'read-only' | 'server-silent';
const OF_A_MOUNT = ['missing', 'wrong-type', 'read-only'] as const satisfies readonly Code[];

const rules = {
  missing: condition('CRITICAL', 'Mount is missing', drain('service')),
  'wrong-type': condition('CRITICAL', 'Something else is mounted', drain('service')),
  'read-only': condition('CRITICAL', 'Mount is read-only', drain('service')),
  // It silences the whole cluster at once: no reason to drain all of it.
  'server-silent': event('WARNING', 'File server does not answer', stay('watch'), { clearedAfterSeconds: 86_400 }),
};

export default defineCheck({
  apiVersion: 1,
  id: 'host/missing-mounts',
  title: 'A filesystem that jobs need is not mounted',
  why: 'A job that writes to a mount point without its filesystem fills the root filesystem instead; one that waits for a silent file server hangs and cannot be killed.',
  source:
    'NHC check_fs_mount, _mount_rw; gcm check-storage; Linux: net/sunrpc/clnt.c, fs/ceph/mds_client.c; Lustre ptlrpc/import.c',
  remedy:
    'Mount it and see what it says: `mount PATH; systemctl status "$(systemd-escape -p --suffix=mount PATH)"; dmesg -T | tail`. A silent server: `rpcinfo -t SERVER nfs`, `lfs check servers`, `ping SERVER` from this and another node; who hangs: `ps -eo pid,stat,wchan,cmd | grep " D"`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['mounts'],
  uses: ['profile', 'kernelLog'],
  kernelEvents: ['network-filesystem'],
  options: {
    paths: {
      default: [],
      source: 'the site: none',
      help: 'Mount points that must be there besides those of the machine profile: `/scratch`, with a type `/scratch lustre`, and with `rw` where it must be writable: `/scratch lustre rw`, `/data * rw`.',
    },
  },
  rules,
  raise: { hits: 2, of: 3, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ mounts, profile, kernelLog }, { node, now, bootedAt, options }): readonly Judgement<Code>[] => {
    const wanted = options.paths.map(wantedBySite);
    const ofProfile = profile.ok ? wantedByProfile(profile.value.mounts, wanted) : [];
    const because = absent('unsupported', 'neither the machine profile nor the option `paths` names a mount point');
    return [
      ...(wanted.length + ofProfile.length === 0
        ? [{ unjudged: node, because }]
        : [...wanted, ...ofProfile].flatMap((one) => judgeMount(one, mounts))),
      ...judgeServers(),
    ];

    function judgeServers(): readonly Judgement<Code>[] {
      const code = 'server-silent';
      const remote = mounts.filter(({ type }) => NETWORK[type] !== undefined);
      if (remote.length === 0) {
        return [{ unjudged: node, code, because: absent('unsupported', 'no network filesystem is mounted') }];
      }
      const tell = (one: KernelEvent) => toldOf(one, remote, kernelLog);
      return judgeHostEvents({
        log: kernelLog,
        kinds: ['network-filesystem'],
        codes: [code],
        rules,
        tell,
        node,
        now,
        bootedAt,
      });
    }
  },
});

interface Wanted {
  readonly path: string;
  readonly type?: string;
  readonly writable: boolean;
  readonly source: string;
  readonly isAssumed: boolean;
}

const withoutSlash = (path: string): string => (path === '/' ? path : path.replace(/\/+$/, ''));

const wantedBySite = (written: string): Wanted => {
  const [path = '', type = '*', access] = written.trim().split(/\s+/);
  return {
    path: withoutSlash(path),
    ...(type === '*' ? {} : { type }),
    writable: access === 'rw',
    source: 'option paths',
    isAssumed: false,
  };
};

const wantedByProfile = (paths: Expected<readonly string[]>, known: readonly Wanted[]): readonly Wanted[] =>
  paths.ok
    ? paths.value
        .map(withoutSlash)
        .filter((path) => !known.some((one) => one.path === path))
        .map((path) => ({ path, writable: false, source: paths.source, isAssumed: paths.confidence === 'assumed' }))
    : [];

const judgeMount = (wanted: Wanted, mounts: readonly Mount[]): readonly Judgement<Code>[] => {
  const { path, type, writable, source, isAssumed } = wanted;
  const component = hostPart(path);
  if (!path.startsWith('/')) {
    return [{ unjudged: component, because: absent('failed', `option paths: "${path}" is no mount point`) }];
  }
  const mount = mounts.find((one) => one.path === path);
  const find = (code: Code, message: string, observed: string, expected: string): readonly Judgement<Code>[] => [
    {
      finding: {
        component,
        code,
        message,
        observed,
        expected,
        evidence: { expectation: source, ...(mount === undefined ? {} : { device: mount.device, type: mount.type }) },
        ...(isAssumed ? { override: { severity: 'WARNING', action: stay('watch') } } : {}),
      },
    },
    ...OF_A_MOUNT.filter((other) => other !== code).map((other) => ({ pass: component, code: other })),
  ];

  if (mount === undefined) return find('missing', `Nothing is mounted at ${path}`, 'not mounted', type ?? 'mounted');
  if (mount.type === 'autofs') {
    return [
      { unjudged: component, because: absent('unsupported', `${path} is mounted when somebody uses it (autofs)`) },
    ];
  }
  if (type !== undefined && !isOfType(mount.type, type)) {
    return find(
      'wrong-type',
      `${mount.device} (${mount.type}) is mounted at ${path}, where ${type} is expected`,
      mount.type,
      type,
    );
  }
  if (writable && (mount.readOnly || mount.filesystemReadOnly)) {
    return find('read-only', `${path} (${mount.type} from ${mount.device}) is mounted read-only`, 'ro', 'rw');
  }
  return OF_A_MOUNT.map((code) => ({ pass: component, code }));
};

/** `nfs` is nfs4 as well, and `fuse` is fuse.anything. */
const isOfType = (mounted: string, wanted: string): boolean =>
  mounted === wanted || mounted.startsWith(`${wanted}.`) || (wanted === 'nfs' && mounted === 'nfs4');

/** Of the kernel modules that tell when a server is silent, by the type of mount. */
const NETWORK: Readonly<Record<string, string>> = { nfs: 'nfs', nfs4: 'nfs', lustre: 'lustre', ceph: 'ceph' };

/** Only while something is mounted from there, and until it has said that it answers again. */
const toldOf = (
  one: KernelEvent,
  remote: readonly Mount[],
  log: Reading<KernelLog>,
): Told<'server-silent'> | undefined => {
  const { component, fields, at } = one;
  if (fields.event !== 'silent') return undefined;
  const server = component.device ?? '';
  const mounts = remote.filter(
    ({ type, device }) => NETWORK[type] === fields.filesystem && isFrom(device, server, type),
  );
  if (mounts.length === 0) return undefined;
  const hasAnswered =
    log.ok &&
    log.value.events.some(
      (other) =>
        other.fromKernel &&
        other.kind === one.kind &&
        other.component.key === component.key &&
        other.fields.event === 'answers' &&
        other.at >= at,
    );
  if (hasAnswered) return undefined;
  const paths = mounts.map(({ path }) => path).join(' ');
  return {
    code: 'server-silent',
    what: `The file server ${server} does not answer (${fields.filesystem})`,
    evidence: { mounts: paths },
  };
};

/** An NFS mount names its server; of the many servers of Lustre and Ceph each serves every mount. */
const isFrom = (device: string, server: string, type: string): boolean =>
  !type.startsWith('nfs') || device.startsWith(`${server}:`) || device.startsWith(`[${server}]:`);
