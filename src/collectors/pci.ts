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
  type S,
} from '../api.ts';
import { normalizePciBusId } from '../parse/pci-address.ts';
import { boundDriver, busBehind, busOf, isBridgeClass, isGpuClass, isNvidia } from '../parse/pci-sysfs.ts';
import { integer } from '../parse/quantity.ts';
import { readPcieLink } from './pcie-link.ts';
import { type Directory, directory, line } from './sysfs.ts';

const DEVICES = '/sys/bus/pci/devices';

type Kind = 'gpu' | 'port' | 'other';

const kindOf = async (device: Directory): Promise<Reading<Kind>> => {
  const [vendor, pciClass] = await Promise.all([device.leaf('vendor', line), device.leaf('class', line)]);
  // Behind it may be a GPU, whoever made it.
  if (pciClass.ok && isBridgeClass(pciClass.value)) return known('port');
  if (!vendor.ok || !isNvidia(vendor.value)) return vendor.ok ? known('other') : vendor;
  if (!pciClass.ok) return pciClass;
  if (!isGpuClass(pciClass.value)) return known('other');
  const entries = await device.list();
  // SR-IOV functions of a GPU for vGPU are not GPUs of their own.
  return known(entries.ok && entries.value.includes('physfn') ? 'other' : 'gpu');
};

const readGpu = async (device: Directory, address: string, upstreamPort: S): Promise<readonly Raw<PciGpu>[]> => {
  const pciBusId = normalizePciBusId(address);
  if (pciBusId === undefined) return [];
  return [
    {
      ref: { kind: 'gpu', key: `gpu:${pciBusId}`, pciBusId },
      pciDeviceId: await device.leaf('device', line),
      boundDriver: await device.leaf('uevent', boundDriver),
      pcie: await readPcieLink(device),
      upstreamPort,
    },
  ];
};

/**
 * The GPUs on the PCI bus, whether or not the driver knows them. What a device is does not change while it is listed, so
 * each of the hundreds of devices is asked once only; the collector remembers.
 */
export const createPciCollector = (): Collector<'pciGpus'> => {
  let kinds = new Map<string, Reading<Kind>>();
  /** By the bus that is behind it. */
  let ports = new Map<string, string>();

  const learn = async (host: Host, addresses: readonly string[]): Promise<void> => {
    const isNew = addresses.some((address) => !kinds.has(address)) || addresses.length !== kinds.size;
    const told = await Promise.all(
      addresses.map(async (address) => {
        const before = kinds.get(address);
        return [address, before?.ok ? before : await kindOf(directory(host, `${DEVICES}/${address}`))] as const;
      }),
    );
    kinds = new Map(told);
    if (isNew) ports = await portsByBus(host);
  };

  const portsByBus = async (host: Host): Promise<Map<string, string>> => {
    const found = await Promise.all(
      addressesOf('port').map(async (address) => {
        const bus = await directory(host, `${DEVICES}/${address}`).leaf('secondary_bus_number', integer);
        const behind = bus.ok ? busBehind(address, bus.value) : undefined;
        return behind === undefined ? [] : [[behind, address.toLowerCase()] as const];
      }),
    );
    return new Map(found.flat());
  };

  const addressesOf = (kind: Kind): readonly string[] =>
    [...kinds].flatMap(([address, told]) => (told.ok && told.value === kind ? [address] : []));

  const upstreamPortOf = (address: string): S => {
    const port = ports.get(busOf(address) ?? '');
    return port === undefined ? absent('unsupported', 'the PCI bus lists no bridge above the device') : known(port);
  };

  const noGpu = (): Absent =>
    [...kinds.values()].find((told): told is Absent => !told.ok && told.reason !== 'unsupported') ??
    absent('no-device', 'the PCI bus lists no NVIDIA GPU');

  return defineCollector({
    apiVersion: 1,
    id: 'pci',
    provides: ['pciGpus'],
    reads: DEVICES,
    schedule: { everySeconds: 45 },
    deadlineMs: 5_000,
    async collect(host) {
      const addresses = await host.list(DEVICES);
      if (!addresses.ok) return { pciGpus: addresses };
      await learn(host, addresses.value);
      const read = await Promise.all(
        addressesOf('gpu').map((address) =>
          readGpu(directory(host, `${DEVICES}/${address}`), address, upstreamPortOf(address)),
        ),
      );
      const all = read.flat();
      return { pciGpus: all.length === 0 ? noGpu() : known(all) };
    },
  });
};
