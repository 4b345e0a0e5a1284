import {
  absent,
  defineCollector,
  type Host,
  hostPart,
  known,
  type NvmeDrive,
  type NvmeNamespace,
  type Raw,
  type Reading,
  type S,
} from '../api.ts';
import { sectors } from '../parse/block.ts';
import { normalizePciBusId } from '../parse/pci-address.ts';
import { readPcieLink } from './pcie-link.ts';
import { type Directory, directory, line } from './sysfs.ts';

const CLASS = '/sys/class/nvme';

/** `nvme0n1`; also for `nvme0c1n1`, the path of controller 1 to it (drivers/nvme/host/multipath.c). */
const namespaceName = (directoryName: string): string | undefined => {
  const [, subsystem, namespace] = /^(nvme\d{1,4})(?:c\d{1,4})?(n\d{1,4})$/.exec(directoryName) ?? [];
  return subsystem === undefined ? undefined : `${subsystem}${namespace}`;
};

const readNamespaces = async (drive: Directory): Promise<Reading<readonly NvmeNamespace[]>> => {
  const names = await drive.list();
  if (!names.ok) return names;
  const read = names.value.map(async (path): Promise<readonly NvmeNamespace[]> => {
    const name = namespaceName(path);
    return name === undefined ? [] : [{ name, bytes: await drive.leaf(`${path}/size`, sectors) }];
  });
  return known((await Promise.all(read)).flat());
};

/** Every controller has one: a state that cannot be read is not one that the drive does not have. */
const stateOf = (text: string): S => {
  const state = text.trim();
  return state === '' ? absent('failed', 'its state is empty') : known(state);
};

const readDrive = async (host: Host, name: string): Promise<Raw<NvmeDrive>> => {
  const drive = directory(host, `${CLASS}/${name}`);
  const [model, serial, firmwareVersion, state, transport, address, namespaces, pcie] = await Promise.all([
    drive.leaf('model', line),
    drive.leaf('serial', line),
    drive.leaf('firmware_rev', line),
    drive.leaf('state', stateOf),
    drive.leaf('transport', line),
    drive.leaf('address', line),
    readNamespaces(drive),
    readPcieLink(drive.below('device')),
  ]);
  const pciBusId = address.ok ? normalizePciBusId(address.value) : undefined;
  return {
    ref: {
      ...hostPart(name),
      ...(model.ok ? { model: model.value } : {}),
      ...(serial.ok ? { serial: serial.value } : {}),
      ...(pciBusId === undefined ? {} : { pciBusId }),
    },
    name,
    model,
    serial,
    firmwareVersion,
    state,
    transport,
    namespaces,
    pcie,
  };
};

/** The NVMe controllers that the kernel knows; all of it is answered from memory, by a dead drive too. */
export const nvme = defineCollector({
  apiVersion: 1,
  id: 'nvme',
  provides: ['nvmeDrives'],
  reads: CLASS,
  schedule: { everySeconds: 45 },
  deadlineMs: 5_000,
  async collect(host) {
    const names = await host.list(CLASS);
    if (!names.ok) return { nvmeDrives: names };
    const drives = await Promise.all(names.value.map((name) => readDrive(host, name)));
    return { nvmeDrives: drives.length === 0 ? absent('no-device', `${CLASS} is empty`) : known(drives) };
  },
});
