import {
  CAUSE_KINDS,
  type EccLocation,
  type Severity,
  STRAGGLER_LEVELS,
  type ThrottleReason,
  type XidClass,
} from '../api.ts';

/** GPU series join with dcgm-exporter's on these three (its spelling, internal/pkg/rendermetrics). */
export const GPU_LABELS = ['gpu', 'UUID', 'pci_bus_id'] as const;

/** NIC series join with node_exporter's `node_infiniband_*` on these two. */
export const NIC_LABELS = ['device', 'port'] as const;

export const CHECK_STATES = ['pass', 'warning', 'critical', 'unknown'] as const;
export type CheckState = (typeof CHECK_STATES)[number];

export const HEALTH_STATES = ['healthy', 'degraded', 'unhealthy', 'unknown'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export const SEVERITIES: readonly Lowercase<Severity>[] = ['info', 'warning', 'critical'];
export const COMPONENT_KINDS = ['gpu', 'nic', 'nvswitch', 'node'] as const;
export const LEVELS = ['quick', 'prejob', 'deep'] as const;

export const THROTTLE_REASONS: readonly ThrottleReason[] = [
  'sw_power_cap',
  'sw_thermal',
  'hw_slowdown',
  'hw_thermal',
  'hw_power_brake',
  'sync_boost',
  'application_clocks',
  'idle',
  'display',
];

export const TEMPERATURE_SENSORS = ['core', 'memory'] as const;
export const CLOCK_DOMAINS = ['sm', 'memory'] as const;
export const REMAP_CAUSES = ['correctable', 'uncorrectable'] as const;

export const ECC_LOCATIONS: readonly {
  readonly field: EccLocation;
  readonly severity: string;
  readonly location: string;
}[] = [
  { field: 'sram_correctable', severity: 'correctable', location: 'sram' },
  { field: 'sram_uncorrectable', severity: 'uncorrectable', location: 'sram' },
  { field: 'dram_correctable', severity: 'correctable', location: 'dram' },
  { field: 'dram_uncorrectable', severity: 'uncorrectable', location: 'dram' },
];

export const XID_CLASSES: readonly XidClass[] = [
  'fatal',
  'reset',
  'hardware',
  'application',
  'informational',
  'unknown',
];

/** The kinds that `nvidia-smi nvlink -e` prints; a kind that it does not print has no series. */
export const NVLINK_ERROR_KINDS = ['replay', 'recovery', 'crc'] as const;

/**
 * sysfs names of port counters that count errors; link downs are flaps and have their own family.
 * InfiniBand PortCounters: IBTA specification 16.1.3.5; the rest: docs.nvidia.com "Understanding mlx5 Linux Counters".
 */
export const PORT_ERROR_COUNTERS = [
  'symbol_error',
  'link_error_recovery',
  'port_rcv_errors',
  'port_rcv_remote_physical_errors',
  'port_xmit_discards',
  'local_link_integrity_errors',
  'excessive_buffer_overrun_errors',
  'out_of_sequence',
  'packet_seq_err',
  'local_ack_timeout_err',
  'rnr_nak_retry_err',
  'rx_icrc_encapsulated',
] as const;

export interface RecoveryActionValue {
  readonly value: number;
  readonly meaning: string;
  /** How nvidia-smi's text begins; drivers differ in the rest ("Reset", "GPU Reset Required"). */
  readonly beginsWith: readonly string[];
}

/** Values 0 to 4 are NVML's (nvml.h, nvmlDeviceGpuRecoveryAction_t). */
export const RECOVERY_ACTIONS: readonly RecoveryActionValue[] = [
  { value: 0, meaning: 'none', beginsWith: ['none'] },
  { value: 1, meaning: 'reset the GPU', beginsWith: ['reset', 'gpu reset'] },
  { value: 2, meaning: 'reboot the node', beginsWith: ['reboot', 'node reboot'] },
  { value: 3, meaning: 'drain peer-to-peer traffic', beginsWith: ['drain p2p'] },
  { value: 4, meaning: 'drain and reset', beginsWith: ['drain and reset'] },
];

/** An action that this version does not know: above zero, so that an alert on "not none" still fires. */
export const UNKNOWN_RECOVERY_ACTION = 99;

/** What the values of a label can be, for people; labels that are not here carry identities or versions. */
export const LABEL_VALUES: Readonly<Record<string, readonly string[]>> = {
  'check state': CHECK_STATES,
  'node and GPU state': HEALTH_STATES,
  severity: SEVERITIES,
  component: COMPONENT_KINDS,
  level: LEVELS,
  reason: THROTTLE_REASONS,
  sensor: TEMPERATURE_SENSORS,
  domain: CLOCK_DOMAINS,
  'cause of remapped rows': REMAP_CAUSES,
  'cause of slowness': CAUSE_KINDS,
  'straggler level': STRAGGLER_LEVELS,
  stat: ['mean', 'p05'],
  'ECC severity': ['correctable', 'uncorrectable'],
  location: ['sram', 'dram'],
  xid_class: XID_CLASSES,
  kind: NVLINK_ERROR_KINDS,
  counter: PORT_ERROR_COUNTERS,
};
