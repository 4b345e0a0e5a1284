import { absent, known, type N } from '../api.ts';
import { absenceOf } from './absence.ts';
import { integer, unreadable } from './quantity.ts';

/** Transfer rates by generation (PCI Express Base Specification 6.0); sysfs prints them as `32.0 GT/s PCIe`. */
const GENERATIONS: Readonly<Record<string, number>> = { '2.5': 1, '5': 2, '8': 3, '16': 4, '32': 5, '64': 6 };

// `Unknown speed` until Linux 5.8; what a device that has left the bus shows, too.
const UNKNOWN = /^unknown\b/i;

/** `current_link_speed` and `max_link_speed` as a PCIe generation. */
export const pcieGeneration = (text: string): N => {
  const printed = text.trim();
  const given = absenceOf(printed);
  if (given) return given;
  if (UNKNOWN.test(printed)) return absent('unsupported', `the link speed is ${JSON.stringify(printed)}`);
  const rate = /^(\d+(?:\.\d+)?) GT\/s\b/.exec(printed)?.[1];
  const generation = rate === undefined ? undefined : GENERATIONS[String(Number(rate))];
  return generation === undefined ? unreadable(printed, 'a PCIe link speed') : known(generation);
};

/**
 * `current_link_width` and `max_link_width` in lanes. 0 is no link and 255 is what Linux prints where the capability is
 * missing; a device that has left the bus answers with ones, which reads as 63.
 */
const NO_WIDTH: Readonly<Record<number, string>> = { 0: 'no link', 63: 'the device does not answer', 255: 'not known' };

export const pcieWidth = (text: string): N => {
  const width = integer(text);
  if (!width.ok) return width;
  const why = NO_WIDTH[width.value];
  return why === undefined ? width : absent('unsupported', `the link width reads ${width.value}: ${why}`);
};

/** The `TOTAL_ERR_…` line of an `aer_dev_*` file (docs.kernel.org, ABI/testing/sysfs-bus-pci-devices-aer_stats). */
export const aerTotal = (text: string): N => {
  const total = /^TOTAL_ERR_\w+ (\d+)\s*$/m.exec(text)?.[1];
  return total === undefined ? unreadable(text.trim(), 'a table of AER errors with its total') : integer(total);
};
