import { absent, type N } from '../../api.ts';
import { integer } from '../quantity.ts';

/**
 * The counters that checks and metrics read. The drivers offer twice as many; each read of `counters/` is a command to the
 * NIC's firmware, so the others are left alone.
 */
export const PORT_COUNTERS: readonly string[] = [
  'excessive_buffer_overrun_errors',
  'link_downed',
  'link_error_recovery',
  'local_link_integrity_errors',
  'port_rcv_errors',
  'port_rcv_remote_physical_errors',
  'port_xmit_discards',
  'port_xmit_wait',
  'symbol_error',
];

/** In `hw_counters/`, where mlx5 has them (docs.nvidia.com, Understanding mlx5 Linux Counters). */
export const HARDWARE_COUNTERS: readonly string[] = [
  'local_ack_timeout_err',
  'np_cnp_sent',
  'out_of_sequence',
  'packet_seq_err',
  'rnr_nak_retry_err',
  'roce_adp_retrans',
  'roce_slow_restart',
  'rp_cnp_handled',
  'rx_icrc_encapsulated',
];

/**
 * Where the counters of `counters/` stop instead of wrapping: 2^width - 1, with the widths of Linux,
 * drivers/infiniband/core/sysfs.c (InfiniBand Architecture Specification, 16.1.3.5, PortCounters).
 */
const WIDTH_BITS: Readonly<Record<string, number>> = {
  VL15_dropped: 16,
  excessive_buffer_overrun_errors: 4,
  link_downed: 8,
  link_error_recovery: 8,
  local_link_integrity_errors: 4,
  port_rcv_constraint_errors: 8,
  port_rcv_errors: 16,
  port_rcv_remote_physical_errors: 16,
  port_xmit_constraint_errors: 8,
  port_xmit_discards: 16,
  port_xmit_wait: 32,
  symbol_error: 16,
};

// Drivers that keep wider totals stop there all the same: mlx4's port_xmit_wait in a real capture.
const LAST_OF_32_BIT = 2 ** 32 - 1;

/** A lifetime counter; one that has reached its end no longer says what happens. */
export const counterTotal = (name: string, text: string): N => {
  const total = integer(text);
  if (!total.ok) return total;
  if (total.value < 0) return absent('failed', `${name} reads ${total.value}`);
  const width = WIDTH_BITS[name];
  if (width === undefined) return total;
  const full = total.value === 2 ** width - 1 || total.value === LAST_OF_32_BIT;
  return full ? absent('unsupported', `${name} is saturated at ${total.value}`) : total;
};
