import { known, type S } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { unreadable } from '../quantity.ts';

/**
 * `0xffff`: a partition key. The highest bit is full membership, so that `0x7fff` is the default partition with limited
 * membership (InfiniBand Architecture Specification, 10.9); `0x0000` is an empty place of the table.
 */
export const partitionKey = (text: string): S => {
  const given = absenceOf(text);
  if (given) return given;
  const key = text.trim().toLowerCase();
  return /^0x[0-9a-f]{4}$/.test(key) ? known(key) : unreadable(text.trim(), 'a partition key such as 0xffff');
};
