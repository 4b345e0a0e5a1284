import { counting, deviceFile, ethtoolOf, portFile, raised } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

/** Two samples of the RoCE machine 5 s apart; `netdev` is the interface of mlx5_2. */
const machine = simulated('hgx-h100-8-roce');
const netdev = 'enp79s0np0';
const hw = (device: string, name: string): string => portFile(device, `hw_counters/${name}`);
const grown = (path: string, by: number, on: RawMachine = machine): RawMachine =>
  on.with({ [path]: raised(by) }, { from: 1 });
const counted = (name: string, total: number, on: RawMachine = machine): RawMachine =>
  on.with({ [ethtoolOf(netdev)]: counting(name, total) }, { from: 1 });
/** Every compute port counts as much. */
const everywhere = (name: string, by: number): RawMachine =>
  [0, 1, 2, 3, 4, 5, 6, 7].reduce((on, i) => grown(hw(`mlx5_${i}`, name), by, on), machine);
const netdevElsewhere = machine.without(deviceFile('mlx5_2', `net/${netdev}/**`), ethtoolOf(netdev));

export default {
  pass: [
    machine,
    simulated(),
    // At the limit: 10 packets a second, 1 % of the time.
    grown(hw('mlx5_2', 'out_of_sequence'), 50),
    counted('tx_prio5_pause_duration', 50_000),
    // Totals of the past, however large.
    machine.with({
      [hw('*', 'packet_seq_err')]: '918273645\n',
      [ethtoolOf(netdev)]: counting('tx_pause_storm_error_events', 7),
    }),
    // What all ports count comes from the fabric.
    everywhere('np_cnp_sent', 400_000),
    everywhere('out_of_sequence', 90_000),
    // Three times its siblings is not more than three times.
    grown(hw('mlx5_2', 'rp_cnp_handled'), 120_000, everywhere('rp_cnp_handled', 60_000)),
    // A port that nothing uses.
    machine.with({ [ethtoolOf('enp170s0f1np1')]: counting('tx_pause_storm_error_events', 9) }, { from: 1 }),
    // Its interface is in a container, and cannot be asked from here.
    netdevElsewhere,
  ],
  findings: {
    'packets-lost': [
      {
        on: grown(hw('mlx5_2', 'out_of_sequence'), 51),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /mlx5_2: out_of_sequence grew by 51 in 5 s, limit 50; the ports like it count 0\./,
      },
      { on: grown(hw('mlx5_2', 'packet_seq_err'), 51), about: ['mlx5_2'] },
      { on: grown(hw('mlx5_2', 'roce_adp_retrans'), 51), about: ['mlx5_2'] },
      // InfiniBand loses packets as well, and has no adaptive retransmission.
      { on: grown(hw('mlx5_2', 'packet_seq_err'), 51, simulated()), about: ['mlx5_2'] },
      { on: grown(hw('mlx5_2', 'roce_adp_retrans'), 51, simulated()), about: [] },
      // The only one of its kind: nothing says that others count as much.
      { on: grown(hw('mlx5_8', 'out_of_sequence'), 51), about: ['mlx5_8'], severity: 'INFO', saying: /limit 50\. / },
      { on: grown(hw('mlx5_2', 'out_of_sequence'), 300, everywhere('out_of_sequence', 150)), about: [] },
      { on: grown(hw('mlx5_2', 'out_of_sequence'), 301, everywhere('out_of_sequence', 150)), about: ['mlx5_2'] },
    ],
    'receiver-congested': [
      { on: grown(hw('mlx5_2', 'np_cnp_sent'), 50_001), about: ['mlx5_2'], severity: 'INFO' },
      { on: grown(hw('mlx5_2', 'np_cnp_sent'), 50_000), about: [] },
      { on: counted('rx_discards_phy', 501), about: ['mlx5_2'], severity: 'WARNING' },
    ],
    'sender-slowed': { on: grown(hw('mlx5_2', 'rp_cnp_handled'), 50_001), about: ['mlx5_2'], severity: 'INFO' },
    pausing: [
      {
        on: counted('tx_prio5_pause_duration', 50_001),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /tx_prio5_pause_duration grew by 50001 µs in 5 s, limit 50000 µs; the ports like it count 0 µs\./,
      },
      { on: counted('tx_global_pause_duration', 50_001), about: ['mlx5_2'] },
      // One of the others does not answer; the rest of them is enough to compare with.
      {
        on: counted('tx_prio5_pause_duration', 50_001).failing({ 'commands/ethtool_-S_enp94s0np0': 'timeout: 2 s' }),
        about: ['mlx5_2'],
        severity: 'WARNING',
        saying: /the ports like it count 0\b/,
      },
      { on: simulated('hgx-h100-8-roce+roce-pausing@mlx5_4'), about: ['mlx5_4'] },
    ],
    paused: [
      { on: counted('rx_prio0_pause_duration', 50_001), about: ['mlx5_2'], severity: 'INFO' },
      { on: counted('rx_global_pause_duration', 50_001), about: ['mlx5_2'], severity: 'INFO' },
    ],
    'pause-storm': [
      { on: counted('tx_pause_storm_warning_events', 1), about: ['mlx5_2'], severity: 'WARNING' },
      { on: counted('tx_pause_storm_error_events', 1), about: ['mlx5_2'], severity: 'WARNING' },
      // A whole node that storms is the node's own fault.
      {
        on: machine.with({ 'commands/ethtool_-S_*.out': counting('tx_pause_storm_error_events', 1) }, { from: 1 }),
        about: ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3', 'mlx5_4', 'mlx5_5', 'mlx5_6', 'mlx5_7', 'mlx5_8'],
      },
    ],
    'host-stalled': [
      { on: counted('outbound_pci_stalled_wr_events', 2), about: ['mlx5_2'], severity: 'WARNING' },
      { on: counted('outbound_pci_stalled_rd_events', 2), about: ['mlx5_2'] },
      { on: counted('outbound_pci_stalled_rd_events', 1), about: [] },
    ],
  },
  skipped: [
    // One look has no growth.
    simulated('hgx-h100-8-roce', [0]),
    // Devices without these counters, as those of other vendors.
    simulated().without('sys/class/infiniband/*/ports/1/hw_counters/*'),
    // Nothing uses any of them.
    machine.configured({ nicRoles: [{ match: '*', role: 'unused' }] }),
  ],
  unknown: [
    machine.with({ [hw('mlx5_2', 'out_of_sequence')]: 'x\n' }),
    machine.failing({ [ethtoolOf(netdev).replace('.out', '')]: 'timeout: no answer in 2 s' }),
    machine.with({ [`${ethtoolOf(netdev).replace('.out', '.exit')}`]: '71\n' }),
    // The others count it.
    machine.without(hw('mlx5_2', 'out_of_sequence')),
  ],
} satisfies Outcomes;
