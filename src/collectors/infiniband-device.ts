import {
  absent,
  type Component,
  counter,
  type N,
  type NicPort,
  type Raw,
  type RawCounter,
  type Reading,
  type S,
  signal,
} from '../api.ts';
import { milliCelsius, temperatureSensors } from '../parse/hwmon.ts';
import { counterTotal, HARDWARE_COUNTERS, PORT_COUNTERS } from '../parse/infiniband/counters.ts';
import { guid, linkLayer, physicalState, portState, rateGbps, rateWhileUp } from '../parse/infiniband/port.ts';
import { normalizePciBusId } from '../parse/pci-address.ts';
import { integer } from '../parse/quantity.ts';
import { ueventValue } from '../parse/uevent.ts';
import { readPcieLink } from './pcie-link.ts';
import { type Directory, line } from './sysfs.ts';

/** What the ports of one device share. */
type Shared = Pick<Raw<NicPort>, 'firmwareVersion' | 'boardId' | 'numaNode' | 'pcie' | 'chipCelsius'> & {
  readonly ref: Omit<Component, 'port'>;
  readonly netdevs: Reading<readonly string[]>;
};

const optional = async (reading: Promise<S>): Promise<string | undefined> => {
  const text = await reading;
  return text.ok && text.value.trim() !== '' ? text.value.trim() : undefined;
};

// -1 is a machine without NUMA (docs.kernel.org, ABI/testing/sysfs-bus-pci).
const numaNode = (text: string): N => {
  const node = integer(text);
  return node.ok && node.value < 0 ? absent('unsupported', 'the firmware names no NUMA node') : node;
};

/** The temperature of the chip itself: the sensor called `asic`, else the first; modules follow it. */
const chipCelsius = async (pci: Directory): Promise<N> => {
  const chips = await pci.list('hwmon');
  if (!chips.ok) return chips;
  for (const name of chips.value) {
    const chip = pci.below(`hwmon/${name}`);
    const files = await chip.list();
    if (!files.ok) return files;
    const sensors = temperatureSensors(files.value);
    const labels = await Promise.all(sensors.map((sensor) => optional(chip.read(`${sensor}_label`))));
    const sensor = sensors[Math.max(0, labels.indexOf('asic'))];
    if (sensor !== undefined) return chip.leaf(`${sensor}_input`, milliCelsius);
  }
  return absent('unsupported', `${pci.path}/hwmon has no temperature sensor`);
};

const readShared = async (device: Directory, name: string, entries: readonly string[]): Promise<Shared> => {
  const pci = device.below('device');
  const uevent = await optional(pci.read('uevent'));
  const pciBusId = normalizePciBusId(uevent === undefined ? '' : (ueventValue(uevent, 'PCI_SLOT_NAME') ?? ''));
  const model = await optional(device.read('hca_type'));
  const nodeGuid = guid((await optional(device.read('node_guid'))) ?? '');
  return {
    ref: {
      kind: 'nic',
      key: `nic:${name}`,
      device: name,
      ...(model === undefined ? {} : { model }),
      ...(nodeGuid === undefined ? {} : { guid: nodeGuid }),
      ...(pciBusId === undefined ? {} : { pciBusId }),
    },
    firmwareVersion: await device.leaf('fw_ver', line),
    boardId: await device.leaf('board_id', line),
    numaNode: await pci.leaf('numa_node', numaNode),
    pcie: await readPcieLink(pci),
    chipCelsius: signal(
      entries.includes('hwmon')
        ? await chipCelsius(pci)
        : absent('unsupported', `${pci.path} has no hwmon; the mlx5 driver has it since Linux 6.7`),
    ),
    netdevs: await pci.list('net'),
  };
};

/** A software device has no such directory: it has no counters, rather than counters at 0. */
const countersIn = async (
  port: Directory,
  name: string,
  wanted: readonly string[],
): Promise<readonly (readonly [string, RawCounter])[]> => {
  const names = await port.list(name);
  if (!names.ok) {
    const hasNone = names.reason === 'unsupported' || names.reason === 'not-recorded';
    return hasNone ? [] : wanted.map((file) => [file, counter(names)] as const);
  }
  const offered = new Set(names.value);
  return Promise.all(
    wanted
      .filter((file) => offered.has(file))
      .map(async (file) => {
        const total = await port.leaf(`${name}/${file}`, (text) => counterTotal(file, text));
        return [file, counter(total)] as const;
      }),
  );
};

/** The interface of a port. Ports of one PCI function have theirs in order; a bond or a switch has more, its own first. */
const netdevOf = (netdevs: Reading<readonly string[]>, port: number, ports: number): S => {
  if (!netdevs.ok) return netdevs;
  const name = netdevs.value[ports > 1 ? port - 1 : 0];
  return name === undefined
    ? absent('unsupported', 'the port has no network interface here; it may be in another network namespace')
    : { ok: true, value: name };
};

const readPort = async (device: Directory, shared: Shared, port: number, ports: number): Promise<Raw<NicPort>> => {
  const { ref, netdevs, ...common } = shared;
  const files = device.below(`ports/${port}`);
  const netdev = netdevOf(netdevs, port, ports);
  const [state, physical, rate, layer, counters, hwCounters, carrierDowns] = await Promise.all([
    files.leaf('state', portState),
    files.leaf('phys_state', physicalState),
    files.leaf('rate', rateGbps),
    files.leaf('link_layer', linkLayer),
    countersIn(files, 'counters', PORT_COUNTERS),
    countersIn(files, 'hw_counters', HARDWARE_COUNTERS),
    netdev.ok ? device.leaf(`device/net/${netdev.value}/carrier_down_count`, integer) : netdev,
  ]);
  return {
    ...common,
    ref: { ...ref, key: `nic:${ref.device}/${port}`, port },
    role: 'unknown',
    opticsCelsius: signal(absent('not-recorded', 'no source reads it yet')),
    pkeys: absent('not-recorded', 'no source reads it yet'),
    linkLayer: layer,
    state,
    physicalState: physical,
    rateGbps: rateWhileUp(state, rate),
    netdev,
    counters: Object.fromEntries([...counters, ...hwCounters]),
    carrierDowns: counter(carrierDowns),
  };
};

/** The ports of one RDMA device. */
export const readDevice = async (device: Directory, name: string): Promise<readonly Raw<NicPort>[]> => {
  const entries = await device.list('device');
  // A virtual function is a slice of a NIC that is listed itself, given to a virtual machine or container.
  if (entries.ok && entries.value.includes('physfn')) return [];
  const shared = await readShared(device, name, entries.ok ? entries.value : []);
  const listed = await device.list('ports');
  // A device that does not answer still has its port: it must not vanish, so its leaves say why they are not there.
  const gone = !listed.ok && listed.reason === 'unsupported';
  const ports = listed.ok ? listed.value.filter((port) => /^\d{1,3}$/.test(port)).map(Number) : gone ? [] : [1];
  return Promise.all(ports.map((port) => readPort(device, shared, port, ports.length)));
};
