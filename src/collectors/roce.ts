import { absent, defineCollector, type Host, known, type N, type RoceGid, type RoceSettings, type S } from '../api.ts';
import { pfcPriorities, priorityList, trustOfTable } from '../parse/dcb.ts';
import { firstLine } from '../parse/first-line.ts';
import { integer } from '../parse/quantity.ts';
import { type EthernetPort, ethernetPorts } from './ethernet-ports.ts';
import { type Directory, line } from './sysfs.ts';

const DEADLINE_MS = 2_000;

/** Two for each address of the interface; tables have 255 places, filled from their beginning. */
const MOST_GIDS = 16;
const EMPTY_GID = /^[0:]+$/;

const readGids = async (port: Directory): Promise<RoceSettings['gids']> => {
  const gids: RoceGid[] = [];
  for (let index = 0; index < MOST_GIDS; index++) {
    const address = await port.leaf(`gids/${index}`, line);
    // The end of a short table.
    if (!address.ok && address.reason === 'unsupported' && index > 0) break;
    if (!address.ok) return address;
    // Only a place that is filled has a type: others answer EINVAL (Linux, drivers/infiniband/core/sysfs.c).
    if (EMPTY_GID.test(address.value)) continue;
    const type = await port.leaf(`gid_attrs/types/${index}`, line);
    if (!type.ok) return type;
    gids.push({ index, type: type.value, address: address.value.toLowerCase() });
  }
  return known(gids);
};

/** `ecn/roce_np/enable/<priority>` below the interface, which MLNX_OFED and DOCA-OFED add. */
const readEcn = async (netdev: Directory, point: 'roce_np' | 'roce_rp'): Promise<S> => {
  const enabled: number[] = [];
  for (let priority = 0; priority < 8; priority++) {
    const flag: N = await netdev.leaf(`ecn/${point}/enable/${priority}`, integer);
    if (!flag.ok) return flag;
    if (flag.value !== 0) enabled.push(priority);
  }
  return known(priorityList(enabled));
};

const askDcb = async (host: Host, args: readonly string[], parse: (text: string) => S): Promise<S> => {
  const run = await host.run('dcb', args, { deadlineMs: DEADLINE_MS });
  if (!run.ok) return run;
  const { exitCode, stdout, stderr } = run.value;
  if (exitCode === 0) return parse(stdout);
  const words = firstLine(stderr) ?? 'no words';
  // "RTNETLINK answers: Operation not supported": the driver has no such attribute.
  const reason = /not supported/i.test(words) ? 'unsupported' : 'failed';
  return absent(reason, `dcb ${args.join(' ')} exited with ${exitCode}: ${words}`);
};

const trustOf = (host: Host, netdev: string, driver: string | undefined): Promise<S> | S =>
  driver === 'mlx5_core'
    ? askDcb(host, ['app', 'show', 'dev', netdev, 'dscp-prio'], trustOfTable)
    : absent('unsupported', `what ${driver ?? 'this driver'} trusts is not told by its DSCP table`);

const settingsOf = async (host: Host, { ref, device, port, netdev, driver }: EthernetPort): Promise<RoceSettings> => {
  const gids = await readGids(device.below(`ports/${port}`));
  if (!netdev.ok) {
    return {
      ref,
      netdev,
      gids,
      mtuBytes: netdev,
      pfcPriorities: netdev,
      trust: netdev,
      ecnNotification: netdev,
      ecnReaction: netdev,
    };
  }
  const interfaceFiles = device.below(`device/net/${netdev.value}`);
  return {
    ref,
    netdev,
    gids,
    mtuBytes: await interfaceFiles.leaf('mtu', integer),
    pfcPriorities: await askDcb(host, ['pfc', 'show', 'dev', netdev.value], pfcPriorities),
    trust: await trustOf(host, netdev.value, driver),
    ecnNotification: await readEcn(interfaceFiles, 'roce_np'),
    ecnReaction: await readEcn(interfaceFiles, 'roce_rp'),
  };
};

/** How the Ethernet ports of RDMA devices are set up; what one source does not say is absent by itself. */
export const roce = defineCollector({
  apiVersion: 1,
  id: 'roce',
  provides: ['roce'],
  reads: 'sysfs of each Ethernet port of an RDMA device, dcb pfc show, dcb app show',
  schedule: { everySeconds: 600 },
  sheddable: true,
  deadlineMs: 20_000,
  async collect(host) {
    const ports = await ethernetPorts(host);
    if (!ports.ok) return { roce: ports };
    const settings: RoceSettings[] = [];
    // One process at a time, and one port: the settings do not change by themselves.
    for (const port of ports.value) settings.push(await settingsOf(host, port));
    return { roce: known(settings) };
  },
});
