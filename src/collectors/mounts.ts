import { absent, defineCollector, type Host, hostPart, known, type Mount, type Reading, type S } from '../api.ts';
import {
  isMachines,
  isPseudo,
  isWrittenTo,
  kernelNameOf,
  type MountLine,
  mountTable,
  visibleMounts,
} from '../parse/mountinfo.ts';
import { parsed } from '../parse/reading.ts';
import { ueventValue } from '../parse/uevent.ts';

/** Process 1 sees what the machine has mounted; the agent itself may live in a mount namespace of its own. */
const TABLE = '/proc/1/mountinfo';

/** The mounts of the machine; absent where process 1 is that of a container. */
export const machineMounts = async (host: Host): Promise<Reading<readonly MountLine[]>> => {
  const mounts = parsed(await host.read(TABLE), mountTable);
  if (!mounts.ok) return mounts;
  if (isMachines(mounts.value)) return known(visibleMounts(mounts.value));
  return absent(
    'unsupported',
    `${TABLE} is that of a container; with hostPID, or with the machine's /proc in MUSTER_PROC_ROOT, it is the machine's`,
  );
};

/** The name that kernel messages use; the device of a mount may be a link such as `/dev/mapper/vg-root`. */
const blockDeviceName = async (host: Host, { filesystemId, device }: MountLine): Promise<S> => {
  const uevent = await host.read(`/sys/dev/block/${filesystemId}/uevent`);
  const name = uevent.ok ? ueventValue(uevent.value, 'DEVNAME') : undefined;
  if (name !== undefined) return known(name);
  const guessed = kernelNameOf(device);
  if (guessed.ok) return guessed;
  return uevent.ok ? absent('failed', `/sys/dev/block/${filesystemId}/uevent names no device`) : uevent;
};

const readMount = async (host: Host, line: MountLine): Promise<Mount> => ({
  ref: hostPart(line.path),
  path: line.path,
  device: line.device,
  type: line.type,
  filesystemId: line.filesystemId,
  readOnly: line.options.includes('ro'),
  filesystemReadOnly: line.filesystemOptions.includes('ro'),
  stopped: line.filesystemOptions.includes('emergency_ro') || line.filesystemOptions.includes('shutdown'),
  kernelName: isWrittenTo(line.type)
    ? await blockDeviceName(host, line)
    : absent('unsupported', `${line.type} is on no block device`),
});

export const mounts = defineCollector({
  apiVersion: 1,
  id: 'mounts',
  provides: ['mounts'],
  reads: TABLE,
  schedule: { everySeconds: 45 },
  deadlineMs: 5_000,
  async collect(host) {
    const lines = await machineMounts(host);
    if (!lines.ok) return { mounts: lines };
    const own = lines.value.filter(({ type }) => !isPseudo(type));
    return { mounts: known(await Promise.all(own.map((line) => readMount(host, line)))) };
  },
});
