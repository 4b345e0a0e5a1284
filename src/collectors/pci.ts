import {
  type Absent,
  absent,
  type Collector,
  defineCollector,
  type Host,
  known,
  type PciGpu,
  type Raw,
  type Reading,
} from '../api.ts';
import { normalizePciBusId } from '../parse/pci-address.ts';
import { boundDriver, isGpuClass, isNvidia } from '../parse/pci-sysfs.ts';
import { readPcieLink } from './pcie-link.ts';
import { type Directory, directory, line } from './sysfs.ts';

const DEVICES = '/sys/bus/pci/devices';

const isGpu = async (device: Directory): Promise<Reading<boolean>> => {
  const vendor = await device.leaf('vendor', line);
  if (!vendor.ok || !isNvidia(vendor.value)) return vendor.ok ? known(false) : vendor;
  const pciClass = await device.leaf('class', line);
  if (!pciClass.ok) return pciClass;
  if (!isGpuClass(pciClass.value)) return known(false);
  const entries = await device.list();
  // SR-IOV functions of a GPU for vGPU are not GPUs of their own.
  return known(!(entries.ok && entries.value.includes('physfn')));
};

const readGpu = async (device: Directory, address: string): Promise<readonly Raw<PciGpu>[]> => {
  const pciBusId = normalizePciBusId(address);
  if (pciBusId === undefined) return [];
  return [
    {
      ref: { kind: 'gpu', key: `gpu:${pciBusId}`, pciBusId },
      pciDeviceId: await device.leaf('device', line),
      boundDriver: await device.leaf('uevent', boundDriver),
      pcie: await readPcieLink(device),
    },
  ];
};

/**
 * The GPUs on the PCI bus, whether or not the driver knows them. What a device is does not change while it is listed, so
 * each of the hundreds of devices is asked once only; the collector remembers.
 */
export const createPciCollector = (): Collector<'pciGpus'> => {
  let gpuAt = new Map<string, Reading<boolean>>();

  const learn = async (host: Host, addresses: readonly string[]): Promise<void> => {
    const told = await Promise.all(
      addresses.map(async (address) => {
        const before = gpuAt.get(address);
        return [address, before?.ok ? before : await isGpu(directory(host, `${DEVICES}/${address}`))] as const;
      }),
    );
    gpuAt = new Map(told);
  };

  const noGpu = (): Absent =>
    [...gpuAt.values()].find((told): told is Absent => !told.ok && told.reason !== 'unsupported') ??
    absent('no-device', 'the PCI bus lists no NVIDIA GPU');

  return defineCollector({
    apiVersion: 1,
    id: 'pci',
    provides: ['pciGpus'],
    reads: DEVICES,
    schedule: { everySeconds: 60 },
    deadlineMs: 5_000,
    async collect(host) {
      const addresses = await host.list(DEVICES);
      if (!addresses.ok) return { pciGpus: addresses };
      await learn(host, addresses.value);
      const gpus = [...gpuAt].flatMap(([address, told]) => (told.ok && told.value ? [address] : []));
      const read = await Promise.all(gpus.map((address) => readGpu(directory(host, `${DEVICES}/${address}`), address)));
      const all = read.flat();
      return { pciGpus: all.length === 0 ? noGpu() : known(all) };
    },
  });
};
