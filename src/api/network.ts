import type { Component } from './component.ts';
import type { N, Reading, S } from './reading.ts';
import type { Counter } from './series.ts';

/** One entry of a port's table of addresses; an application chooses by its place (`NCCL_IB_GID_INDEX`). */
export interface RoceGid {
  readonly index: number;
  /** As the kernel words it: `IB/RoCE v1`, `RoCE v2`. */
  readonly type: string;
  /** Eight groups of four digits; an IPv4 address stands behind `0000:0000:0000:0000:0000:ffff:`. */
  readonly address: string;
}

/** How an Ethernet port is set up for RDMA. */
export interface RoceSettings {
  readonly ref: Component;
  readonly netdev: S;
  readonly mtuBytes: N;
  readonly gids: Reading<readonly RoceGid[]>;
  /** Priorities with priority flow control: `3`, `3,4`, `none`. */
  readonly pfcPriorities: S;
  /** What the port trusts for the priority of a packet: `pcp`, `dscp`. */
  readonly trust: S;
  /** Priorities on which congestion notification is on, for the notification and the reaction point; `none` of them. */
  readonly ecnNotification: S;
  readonly ecnReaction: S;
}

/** Counters of an Ethernet port that sysfs does not have, from `ethtool -S`. */
export interface EthernetStatistics {
  readonly ref: Component;
  readonly netdev: S;
  /** In ethtool's words: `rx_prio3_pause_duration`, `tx_pause_storm_error_events`, …; one absence where it said nothing. */
  readonly counters: Reading<Readonly<Record<string, Counter>>>;
}
