import { absent, type Reading, type S } from '../api.ts';

/** The interface of a port. Ports of one PCI function have theirs in order; a bond or a switch has more, its own first. */
export const netdevOf = (netdevs: Reading<readonly string[]>, port: number, ports: number): S => {
  if (!netdevs.ok) return netdevs;
  const name = netdevs.value[ports > 1 ? port - 1 : 0];
  return name === undefined
    ? absent('unsupported', 'the port has no network interface here; it may be in another network namespace')
    : { ok: true, value: name };
};
