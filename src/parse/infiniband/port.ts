import { absent, known, type N, type Reading, type S } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { decimal, unreadable } from '../quantity.ts';

/** Leaves of /sys/class/infiniband/<device>/ports/<n>, as Linux prints them (drivers/infiniband/core/sysfs.c). */

const numbered = (text: string, what: string): S => {
  const given = absenceOf(text);
  if (given) return given;
  const word = /^\d+: ?(\S.*)$/.exec(text.trim())?.[1];
  return word === undefined ? unreadable(text.trim(), what) : known(word);
};

/** `4: ACTIVE` as `ACTIVE`. */
export const portState = (text: string): S => numbered(text, 'a port state');

/** `5: LinkUp` as `LinkUp`. */
export const physicalState = (text: string): S => numbered(text, 'a physical port state');

/** `400 Gb/sec (4X NDR)` as 400. */
export const rateGbps = (text: string): N => {
  const given = absenceOf(text);
  if (given) return given;
  const rate = /^(\d+(?:\.\d+)?) Gb\/sec\b/.exec(text.trim())?.[1];
  return rate === undefined ? unreadable(text.trim(), 'a rate in Gb/sec') : decimal(rate);
};

/** A port without a link prints a rate that it does not have: 40 on every Down port of the real captures. */
export const rateWhileUp = (state: S, rate: N): N =>
  state.ok && state.value === 'DOWN' && rate.ok
    ? absent('unsupported', `a port that is down prints ${rate.value} Gb/s, which is no rate`)
    : rate;

const LINK_LAYERS = { infiniband: 'infiniband', ethernet: 'ethernet' } as const;

export const linkLayer = (text: string): Reading<'infiniband' | 'ethernet'> => {
  const given = absenceOf(text);
  if (given) return given;
  const printed = text.trim().toLowerCase();
  // What the kernel prints for a device that is neither, as AWS EFA (drivers/infiniband/core/sysfs.c).
  if (printed === 'unknown' || printed === 'unspecified')
    return absent('unsupported', 'the device has neither an InfiniBand nor an Ethernet link');
  return Object.hasOwn(LINK_LAYERS, printed)
    ? known(LINK_LAYERS[printed as keyof typeof LINK_LAYERS])
    : unreadable(text.trim(), 'InfiniBand or Ethernet');
};

/** `a088:c203:004f:1000`, `0xa088c203004f1000` as `a088c203004f1000`; undefined for anything else and for zero. */
export const guid = (text: string): string | undefined => {
  const digits = text.trim().toLowerCase().replace(/^0x/, '').replaceAll(':', '');
  return /^[0-9a-f]{16}$/.test(digits) && !/^0+$/.test(digits) ? digits : undefined;
};
