import type { NicSpec } from '../machine.ts';
import { fraction, wobble } from './noise.ts';
import type { EthernetState, NicState } from './state.ts';

/** sysfs names of an mlx5 port's `counters/` (real capture, ConnectX-7 node). */
const ERROR_COUNTERS = [
  'VL15_dropped',
  'excessive_buffer_overrun_errors',
  'link_downed',
  'link_error_recovery',
  'local_link_integrity_errors',
  'port_rcv_constraint_errors',
  'port_rcv_errors',
  'port_rcv_remote_physical_errors',
  'port_rcv_switch_relay_errors',
  'port_xmit_constraint_errors',
  'port_xmit_discards',
  'symbol_error',
  'multicast_rcv_packets',
  'multicast_xmit_packets',
];
const HW_COUNTERS = [
  'duplicate_request',
  'implied_nak_seq_err',
  'local_ack_timeout_err',
  'out_of_buffer',
  'out_of_sequence',
  'packet_seq_err',
  'req_cqe_error',
  'req_cqe_flush_error',
  'req_remote_access_errors',
  'req_remote_invalid_request',
  'resp_cqe_error',
  'resp_cqe_flush_error',
  'resp_local_length_error',
  'resp_remote_access_errors',
  'rnr_nak_retry_err',
  'roce_adp_retrans',
  'roce_adp_retrans_to',
  'roce_slow_restart',
  'roce_slow_restart_cnps',
  'roce_slow_restart_trans',
  'rx_atomic_requests',
  'rx_icrc_encapsulated',
];
const ROCE_COUNTERS = ['np_cnp_sent', 'np_ecn_marked_roce_packets', 'rp_cnp_handled', 'rp_cnp_ignored'];

const zeros = (names: readonly string[]): Record<string, number> => Object.fromEntries(names.map((name) => [name, 0]));

/** Names of `ethtool -S` on mlx5 (docs.nvidia.com, Understanding mlx5 ethtool Counters); all stand still at rest. */
const PRIORITIES = [0, 1, 2, 3, 4, 5, 6, 7];
const ETHERNET_STATISTICS = [
  'link_down_events_phy',
  'rx_discards_phy',
  'tx_discards_phy',
  'outbound_pci_stalled_rd',
  'outbound_pci_stalled_wr',
  'outbound_pci_stalled_rd_events',
  'outbound_pci_stalled_wr_events',
  'rx_pause_ctrl_phy',
  'tx_pause_ctrl_phy',
  'rx_global_pause_duration',
  'tx_global_pause_duration',
  ...PRIORITIES.flatMap((priority) =>
    ['rx', 'tx'].flatMap((way) => [`${way}_prio${priority}_pause`, `${way}_prio${priority}_pause_duration`]),
  ),
  'tx_pause_storm_warning_events',
  'tx_pause_storm_error_events',
];

/** Compute ports as a lossless RoCE network wants them: jumbo frames, one priority without loss, DSCP, ECN. */
const ethernetOf = (isCompute: boolean): EthernetState => ({
  mtuBytes: isCompute ? 9000 : 1500,
  pfcPriorities: isCompute ? [3] : [],
  trustsDscp: isCompute,
  ecnPriorities: PRIORITIES,
  statistics: {
    ...zeros(ETHERNET_STATISTICS),
    // A lossless port of some age has paused and been paused.
    ...(isCompute ? { rx_prio3_pause: 90_211, rx_prio3_pause_duration: 731_004, tx_prio3_pause: 41 } : {}),
  },
});

/** Only heartbeats: some 2,000 packets a second, so that idle ports still count. */
const IDLE_PACKETS_PER_SECOND = 2_000;
/** Half a kilobyte a packet, in the 4-byte words of `port_*_data`. */
const WORDS_PER_PACKET = 128;

/** A port without a fault; the role `unused` is a port without a cable, which is normal on healthy machines. */
export const healthyNic = (spec: NicSpec, seed: string, startMs: number, atMs: number): NicState => {
  const age = (name: string): number => fraction(`${seed}/${spec.device}/${name}`);
  const connected = spec.role !== 'unused';
  const infiniband = spec.linkLayer === 'InfiniBand';
  const seconds = Math.floor((atMs - startMs) / 1000);
  const packets = (name: string): number =>
    connected ? Math.floor(3e11 * (0.9 + 0.2 * age(name))) + seconds * IDLE_PACKETS_PER_SECOND : 0;
  const received = packets('received');
  const sent = packets('sent');
  return {
    spec,
    state: connected ? '4: ACTIVE' : '1: DOWN',
    physicalState: connected ? '5: LinkUp' : '3: Disabled',
    // A Down Ethernet port reads 40 (ibstat captures of H100 nodes).
    rateGbps: connected ? spec.rateGbps : 40,
    lanes: connected ? spec.lanes : '4X QDR',
    lid: infiniband ? spec.lid : 0,
    smLid: infiniband ? 1 : 0,
    counters: {
      ...zeros(ERROR_COUNTERS),
      // Lifetime totals of a healthy port are not zero (capture: overruns, 14 receive errors, 1 relay error). The
      // overrun counter has 4 bits (InfiniBand Architecture Specification 16.1.3.5): at 15 it says nothing any more.
      ...(connected
        ? {
            excessive_buffer_overrun_errors: Math.floor(age('overrun') * 10),
            port_rcv_errors: Math.floor(age('rcv') * 20),
            port_rcv_switch_relay_errors: 1,
            link_downed: Math.floor(age('downed') * 4),
            port_xmit_wait: Math.floor(2.4e9 * (0.8 + 0.4 * age('wait'))),
          }
        : { port_xmit_wait: 0 }),
      port_rcv_packets: received,
      port_xmit_packets: sent,
      unicast_rcv_packets: received,
      unicast_xmit_packets: sent,
      port_rcv_data: received * WORDS_PER_PACKET,
      port_xmit_data: sent * WORDS_PER_PACKET,
    },
    hwCounters: {
      ...zeros(HW_COUNTERS),
      ...(infiniband ? { rx_dct_connect: 0 } : zeros(ROCE_COUNTERS)),
      lifespan: 12,
      roce_adp_retrans: connected ? 3 : 0,
      rx_read_requests: connected ? 9_187_392 : 0,
      rx_write_requests: connected ? 3_809_045_607 : 0,
    },
    carrierDowns: connected ? 1 : 0,
    celsius: spec.celsius + wobble(seed, `${spec.device}/chip`, atMs, 1),
    ...(connected ? { opticsCelsius: 46 + wobble(seed, `${spec.device}/optics`, atMs, 1) } : {}),
    pcieWidth: spec.pcieWidth,
    pkeys: infiniband ? ['0xffff'] : [],
    ethernet: ethernetOf(spec.role === 'compute'),
  };
};
