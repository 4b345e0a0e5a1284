import { absent, type Fact, known, type Profile, type Reading } from '../../api.ts';
import type { FactMap } from '../../engine/snapshot.ts';
import { bestOf, type Entry, entryOf, leftOut, type Warn } from './entry.ts';

const NOT_ASKED = absent('not-recorded', 'no source of this version tells');

const of = <T, U>(fact: Fact<T> | undefined, value: (from: T) => Reading<U>): Reading<U> => {
  if (fact === undefined) return NOT_ASKED;
  return fact.ok ? value(fact.value) : fact;
};

/** Some, or the reason why there are none to expect. */
const some = (names: readonly string[], none: string): Reading<readonly string[]> =>
  names.length > 0 ? known([...new Set(names)].sort()) : absent('no-device', none);

/** What a node of this kind has that stays: CPUs, memory, drives. */
export const hostEntries = (facts: FactMap, { host }: Profile, warn: Warn): readonly Entry[] => {
  const one = (key: string, reading: Reading<number>, expected: Profile['host']['cpus']): Entry =>
    bestOf(key, [{ who: 'the machine', reading }], warn, { expected, strict: true });
  return [
    one(
      'cpus',
      of(facts.cpus, ({ online, present }) =>
        online.ok && present.ok && online.value < present.value
          ? absent('failed', `${present.value - online.value} of ${present.value} CPUs are offline`)
          : online,
      ),
      host.cpus,
    ),
    one(
      'numa_nodes',
      of(facts.cpus, ({ numaNodesOnline }) => numaNodesOnline),
      host.numaNodes,
    ),
    // What firmware and kernel keep for themselves is missing from it: less than was built in is no fault.
    bestOf(
      'memory_bytes',
      [{ who: 'the machine', reading: of(facts.hostMemory, ({ totalBytes }) => totalBytes) }],
      warn,
    ),
    one(
      'nvme_drives',
      of(facts.nvmeDrives, (drives) => known(drives.length)),
      host.nvmeDrives,
    ),
  ];
};

/** Modules without which a GPU node is none; the others come and go with what is used. */
const MODULES = ['nvidia', 'nvidia_peermem', 'gdrdrv', 'mlx5_core', 'mlx5_ib', 'efa'];

/** Of systemd: what drives the GPUs. */
const UNIT = /^(?:nvidia-(?:fabricmanager|imex|persistenced|dcgm)|openibd|dcgm)\.service$/;

/** Filesystems that a job's data is on. */
const FILESYSTEM = /^(?:ext4|xfs|btrfs|zfs|nfs4?|lustre|gpfs|beegfs|wekafs|ceph|cifs)$/;
/** What containers and sessions mount, and what every system has. */
const PASSING =
  /^\/(?:proc|sys|dev|run|tmp|boot|snap|var\/(?:lib\/(?:docker|containerd|containers|kubelet|rancher)|tmp))(?:\/|$)/;

/** Services, modules and mounts that are there. */
export const platformEntries = (facts: FactMap): readonly Entry[] => [
  entryOf(
    'services',
    of(facts.services, ({ units }) =>
      some(
        Object.keys(units).filter((unit) => UNIT.test(unit) && units[unit]?.activeState === 'active'),
        'none of the services of GPUs and NICs runs',
      ),
    ),
  ),
  entryOf(
    'kernel_modules',
    of(facts.kernelModules, ({ loaded }) =>
      loaded.ok
        ? some(
            MODULES.filter((name) => loaded.value.includes(name)),
            'none of their modules is loaded',
          )
        : loaded,
    ),
  ),
  entryOf(
    'mounts',
    of(facts.mounts, (mounts) =>
      some(
        mounts.filter(({ path, type }) => FILESYSTEM.test(type) && !PASSING.test(path)).map(({ path }) => path),
        'no filesystem of a disk or a network is mounted',
      ),
    ),
  ),
];

/** Versions, which somebody may want to pin. */
export const versionEntries = ({ gpus, driver, nics }: FactMap): readonly Entry[] => {
  const alike = (key: string, versions: readonly Reading<string>[]): Entry => {
    const said = [...new Set(versions.flatMap((version) => (version.ok ? [version.value] : [])))];
    const [version] = said;
    if (version === undefined) return leftOut(key, 'not read');
    return said.length > 1 ? leftOut(key, `they differ: ${said.join(', ')}`) : { key, value: version };
  };
  return [
    entryOf(
      'driver',
      of(driver, ({ version }) => version),
    ),
    alike('vbios', gpus?.ok === true ? gpus.value.map(({ vbiosVersion }) => vbiosVersion) : []),
    alike(
      'nic-firmware',
      nics?.ok === true
        ? nics.value.filter(({ role }) => role === 'compute').map(({ firmwareVersion }) => firmwareVersion)
        : [],
    ),
  ];
};
