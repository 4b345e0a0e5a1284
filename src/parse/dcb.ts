import { known, type S } from '../api.ts';
import { unreadable } from './quantity.ts';

/** A set of priorities in words: `3`, `3,4`, `none`. */
export const priorityList = (priorities: readonly number[]): string =>
  priorities.length === 0 ? 'none' : [...priorities].sort((a, b) => a - b).join(',');

const SHAPE = 'a line "prio-pfc 0:off 1:off … 7:off"';

/** The priorities without loss, from `dcb pfc show dev <interface>` (iproute2, dcb-pfc(8)). */
export const pfcPriorities = (text: string): S => {
  const line = text.split('\n').find((one) => one.trimStart().startsWith('prio-pfc '));
  const entries = line?.trim().split(/\s+/).slice(1) ?? [];
  const parsed = entries.map((entry) => /^([0-7]):(on|off)$/.exec(entry));
  if (entries.length === 0 || parsed.includes(null)) return unreadable(line?.trim() ?? text.trim(), SHAPE);
  return known(priorityList(parsed.flatMap((entry) => (entry?.[2] === 'on' ? [Number(entry[1])] : []))));
};

/**
 * Whether the port goes by the DSCP of a packet, from `dcb app show dev <interface> dscp-prio`, which prints nothing for an
 * empty table. Of mlx5 only: its driver trusts the DSCP as long as the table has an entry and the VLAN tag otherwise
 * (Linux, drivers/net/ethernet/mellanox/mlx5/core/en_dcbnl.c).
 */
export const trustOfTable = (text: string): S => {
  const printed = text.trim();
  if (printed === '') return known('pcp');
  return /^dscp-prio \S+:[0-7]/.test(printed) ? known('dscp') : unreadable(printed, 'a line "dscp-prio 0:0 8:1 …"');
};
