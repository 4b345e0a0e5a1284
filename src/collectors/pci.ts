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
  if (!pciClass.ok) return pciClass;
  if (isBridgeClass(pciClass.value)) return known('port');
  if (!isGpuClass(pciClass.value)) return known('other');
  if (!vendor.ok) return vendor;
  if (!isNvidia(vendor.value)) return known('other');
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

const firstUnread = (readings: readonly Reading<unknown>[]): Absent | undefined =>
  readings.find((one): one is Absent => !one.ok && one.reason !== 'unsupported');

/** What is known of each address, asked only where it is not yet. */
const learned = async <T>(
  before: ReadonlyMap<string, Reading<T>>,
  addresses: readonly string[],
  ask: (address: string) => Promise<Reading<T>>,
): Promise<ReadonlyMap<string, Reading<T>>> =>
  new Map(
    await Promise.all(
      addresses.map(async (address) => {
        const told = before.get(address);
        return [address, told?.ok ? told : await ask(address)] as const;
      }),
    ),
  );

/**
 * The GPUs on the PCI bus, whether or not the driver knows them. What a device is does not change while it is listed, so
 * each of the hundreds of devices is asked once only; the collector remembers.
 */
export const createPciCollector = (): Collector<'pciGpus'> => {
  let kinds: ReadonlyMap<string, Reading<Kind>> = new Map();
  /** The number of the bus behind each port. */
  let busNumbers: ReadonlyMap<string, Reading<number>> = new Map();

  const learn = async (host: Host, addresses: readonly string[]): Promise<void> => {
    const device = (address: string) => directory(host, `${DEVICES}/${address}`);
    kinds = await learned(kinds, addresses, (address) => kindOf(device(address)));
    busNumbers = await learned(busNumbers, addressesOf('port'), (address) =>
      device(address).leaf('secondary_bus_number', integer),
    );
  };

  const addressesOf = (kind: Kind): readonly string[] =>
    [...kinds].flatMap(([address, told]) => (told.ok && told.value === kind ? [address] : []));

  const upstreamPortOf = (address: string): S => {
    const bus = busOf(address);
    const isAbove = ([port, number]: readonly [string, Reading<number>]): boolean =>
      number.ok && busBehind(port, number.value) === bus;
    const port = bus === undefined ? undefined : [...busNumbers].find(isAbove)?.[0];
    if (port !== undefined) return known(port.toLowerCase());
    // It may be the one that did not answer.
    const unread = firstUnread([...kinds.values(), ...busNumbers.values()]);
    return unread ?? absent('unsupported', 'the PCI bus lists no bridge above the device');
  };

  const noGpu = (): Absent =>
    firstUnread([...kinds.values()]) ?? absent('no-device', 'the PCI bus lists no NVIDIA GPU');

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
