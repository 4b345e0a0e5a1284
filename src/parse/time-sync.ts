import { absent, type B, known } from '../api.ts';
import { flag, unreadable } from './quantity.ts';

/** `NTPSynchronized=yes`, of `timedatectl show`: whether adjtimex reports no STA_UNSYNC (systemd, src/timedate/timedated.c). */
export const timedatectlSynchronized = (text: string): B => {
  const [, word] = /^NTPSynchronized=(\S+)$/m.exec(text) ?? [];
  return word === undefined
    ? absent('unsupported', 'timedatectl shows no NTPSynchronized (from systemd 239)')
    : flag(word, 'yes', 'no');
};

/** The last of the 14 fields of `chronyc -c tracking` (chrony, client.c): `Normal`, `Insert second`, `Not synchronised`. */
const LEAP_STATUS = 13;
const SYNCHRONISED = ['Normal', 'Insert second', 'Delete second'];

/** `chronyc -c tracking`: one line of fields with commas between them. */
export const chronySynchronized = (text: string): B => {
  const fields = text.trim().split(',');
  const status = fields[LEAP_STATUS];
  if (fields.length !== LEAP_STATUS + 1 || status === undefined) return unreadable(text, 'a line of chronyc tracking');
  if (status === 'Not synchronised') return known(false);
  return SYNCHRONISED.includes(status) ? known(true) : unreadable(status, 'a leap status');
};
