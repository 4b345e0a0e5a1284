import {
  absent,
  type Component,
  counter,
  known,
  type N,
  type NicPort,
  type Raw,
  type RawCounter,
  type Reading,
  type S,
  signal,
} from '../api.ts';
import { counterTotal, HARDWARE_COUNTERS, PORT_COUNTERS } from '../parse/infiniband/counters.ts';
import { partitionKey } from '../parse/infiniband/pkey.ts';
import { guid, linkLayer, physicalState, portState, rateGbps, rateWhileUp } from '../parse/infiniband/port.ts';
import { normalizePciBusId } from '../parse/pci-address.ts';
import { integer } from '../parse/quantity.ts';
import { ueventValue } from '../parse/uevent.ts';
import { type NicHeat, nicHeat } from './nic-heat.ts';
import { readPcieLink } from './pcie-link.ts';
import { netdevOf } from './rdma-netdev.ts';
import { type Directory, line } from './sysfs.ts';

/** What the ports of one device share. */
type Shared = Pick<Raw<NicPort>, 'firmwareVersion' | 'boardId' | 'numaNode' | 'pcie'> & {
  readonly ref: Omit<Component, 'port'>;
  readonly netdevs: Reading<readonly string[]>;
  readonly heat: NicHeat;
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
    heat: await nicHeat(pci, entries.includes('hwmon')),
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

/** Far more than a fabric gives one port; a table has 128 places. */
const MOST_PKEYS = 16;
const NO_PKEYS = absent('unsupported', "partition keys are InfiniBand's");

/** The subnet manager fills the table from its beginning, and each place read is a question to the firmware. */
const readPkeys = async (port: Directory): Promise<NicPort['pkeys']> => {
  const keys: string[] = [];
  for (let place = 0; place < MOST_PKEYS; place++) {
    const key = await port.leaf(`pkeys/${place}`, partitionKey);
    if (!key.ok) return key;
    if (key.value === '0x0000') break;
    keys.push(key.value);
  }
  return known(keys.sort());
};

const readPort = async (device: Directory, shared: Shared, port: number, ports: number): Promise<Raw<NicPort>> => {
  const { ref, netdevs, heat, ...common } = shared;
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
  const optics = heat.optics(port);
  return {
    ...common,
    ref: { ...ref, key: `nic:${ref.device}/${port}`, port },
    role: 'unknown',
    chipCelsius: signal(heat.chip.celsius),
    chipCriticalCelsius: heat.chip.criticalCelsius,
    opticsCelsius: signal(optics.celsius),
    opticsCriticalCelsius: optics.criticalCelsius,
    pkeys: layer.ok && layer.value === 'infiniband' ? await readPkeys(files) : layer.ok ? NO_PKEYS : layer,
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
