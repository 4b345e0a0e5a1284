import { known, type N } from '../api.ts';
import { integer, unreadable } from './quantity.ts';

/** The kernel counts 512 bytes a sector, whatever the drive does (docs.kernel.org, ABI/stable/sysfs-block). */
const SECTOR_BYTES = 512;

/** `size` of a block device in sysfs, in bytes. */
export const sectors = (text: string): N => {
  const count = integer(text);
  if (!count.ok) return count;
  return count.value >= 0 ? known(count.value * SECTOR_BYTES) : unreadable(text.trim(), 'a number of sectors');
};
