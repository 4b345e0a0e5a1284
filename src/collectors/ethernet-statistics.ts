import { absent, counter, defineCollector, type EthernetStatistics, type Host, known, type Raw } from '../api.ts';
import { ethtoolStatistics } from '../parse/ethtool.ts';
import { firstLine } from '../parse/first-line.ts';
import { type EthernetPort, ethernetPorts } from './ethernet-ports.ts';

const DEADLINE_MS = 2_000;
/** Real mlx5 interfaces with 64 queues print some 200 KB. */
const MOST_BYTES = 2 << 20;

/** Flow control, losses and the PCIe side of the port; what sysfs has as well is read there. */
const WANTED =
  /^(?:[rt]x_(?:prio[0-7]|global)_pause_duration|tx_pause_storm_(?:warning|error)_events|outbound_pci_stalled_(?:rd|wr)_events|rx_discards_phy)$/;

type Counters = Raw<EthernetStatistics>['counters'];

const countersOf = async (host: Host, netdev: string): Promise<Counters> => {
  const run = await host.run('ethtool', ['-S', netdev], { deadlineMs: DEADLINE_MS, maxBytes: MOST_BYTES });
  if (!run.ok) return run;
  const { exitCode, stdout, stderr } = run.value;
  const words = firstLine(stderr) ?? 'no words';
  // "no stats available" (ethtool.c): the driver counts nothing of its own.
  if (/no stats available/i.test(stdout + stderr)) return absent('unsupported', `ethtool -S ${netdev}: ${words}`);
  if (exitCode !== 0) return absent('failed', `ethtool -S ${netdev} exited with ${exitCode}: ${words}`);
  const counters = ethtoolStatistics(stdout, (name) => WANTED.test(name));
  return known(Object.fromEntries([...counters].map(([name, total]) => [name, counter(total)])));
};

const statisticsOf = async (host: Host, { ref, netdev }: EthernetPort): Promise<Raw<EthernetStatistics>> => ({
  ref,
  netdev,
  counters: netdev.ok ? await countersOf(host, netdev.value) : netdev,
});

/** What the interfaces of RoCE ports count: pauses sent and received, and how long the host kept the NIC waiting. */
export const ethernetStatistics = defineCollector({
  apiVersion: 1,
  id: 'ethernet-statistics',
  provides: ['ethernetStatistics'],
  reads: 'ethtool -S <interface>, once for each Ethernet port of an RDMA device',
  schedule: { everySeconds: 45 },
  sheddable: true,
  deadlineMs: 20_000,
  async collect(host) {
    const ports = await ethernetPorts(host);
    if (!ports.ok) return { ethernetStatistics: ports };
    const read: Raw<EthernetStatistics>[] = [];
    // One process at a time: nothing here is urgent.
    for (const port of ports.value) read.push(await statisticsOf(host, port));
    return { ethernetStatistics: known(read) };
  },
});
