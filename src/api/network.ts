import type { Component } from './component.ts';
import type { N, Reading, S } from './reading.ts';
import type { Counter } from './series.ts';

/** How an Ethernet port is set up for RDMA. */
export interface RoceSettings {
  readonly ref: Component;
  readonly netdev: S;
  readonly mtuBytes: N;
  /** Kinds of the GIDs in the port's table: `RoCE v1`, `IB/RoCE v1`, `RoCE v2`. */
  readonly gidTypes: Reading<readonly string[]>;
  /** Priorities with priority flow control: `3`, `3,4`, ``. */
  readonly pfcPriorities: S;
  /** What the port trusts for the priority of a packet: `pcp`, `dscp`. */
  readonly trust: S;
  /** Priorities on which congestion notification is on, for the notification and the reaction point. */
  readonly ecnNotification: S;
  readonly ecnReaction: S;
}

/** Counters of an Ethernet port that sysfs does not have, from `ethtool -S`. */
export interface EthernetStatistics {
  readonly ref: Component;
  /** In ethtool's words: `rx_prio3_pause`, `tx_pause_storm_error_events`, … */
  readonly counters: Readonly<Record<string, Counter>>;
}
