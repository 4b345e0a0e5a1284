import { absent, type Component, type Host, known, type Reading, type S } from '../api.ts';
import { linkLayer } from '../parse/infiniband/port.ts';
import { ueventValue } from '../parse/uevent.ts';
import { netdevOf } from './rdma-netdev.ts';
import { type Directory, directory } from './sysfs.ts';

const CLASS = '/sys/class/infiniband';

/** A port of an RDMA device that speaks Ethernet, with its network interface. */
export interface EthernetPort {
  readonly ref: Component;
  readonly device: Directory;
  readonly port: number;
  readonly netdev: S;
  /** The kernel driver: `mlx5_core`; undefined where the device does not say. */
  readonly driver: string | undefined;
}

const portsOf = async (host: Host, name: string): Promise<readonly Reading<EthernetPort>[]> => {
  const device = directory(host, `${CLASS}/${name}`);
  const entries = await device.list('device');
  // As in infiniband-device.ts: a virtual function is a slice of a NIC that is listed itself.
  if (entries.ok && entries.value.includes('physfn')) return [];
  const listed = await device.list('ports');
  if (!listed.ok) return [listed];
  const ports = listed.value.filter((port) => /^\d{1,3}$/.test(port)).map(Number);
  const uevent = await device.read('device/uevent');
  const driver = uevent.ok ? ueventValue(uevent.value, 'DRIVER') : undefined;
  const netdevs = await device.list('device/net');
  const found = await Promise.all(
    ports.map(async (port): Promise<readonly Reading<EthernetPort>[]> => {
      const layer = await device.leaf(`ports/${port}/link_layer`, linkLayer);
      if (!layer.ok) return [layer];
      if (layer.value !== 'ethernet') return [];
      const ref: Component = { kind: 'nic', key: `nic:${name}/${port}`, device: name, port };
      return [known({ ref, device, port, netdev: netdevOf(netdevs, port, ports.length), driver })];
    }),
  );
  return found.flat();
};

/** The ports that RoCE can run on; what they are for is told by the fact `nics`. */
export const ethernetPorts = async (host: Host): Promise<Reading<readonly EthernetPort[]>> => {
  const devices = await host.list(CLASS);
  if (!devices.ok) return devices;
  const told = (await Promise.all(devices.value.map((name) => portsOf(host, name)))).flat();
  const ports = told.flatMap((one) => (one.ok ? [one.value] : []));
  if (ports.length > 0) return known(ports);
  // A port that could not be read may be one; what it lacks it is not.
  const unread = told.find((one) => !one.ok && one.reason !== 'unsupported');
  return unread?.ok === false ? unread : absent('no-device', `no port below ${CLASS} is Ethernet`);
};
