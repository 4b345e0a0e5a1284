import { known, type N, type Reading } from '../api.ts';
import { integer, unreadable } from './quantity.ts';

/** The threads that there are, from `/proc/loadavg`: `0.20 0.18 0.12 1/3980 11206` (proc_loadavg(5)). */
export const threadCount = (loadavg: string): N => {
  const [, count] = /^(?:\S+ ){3}\d+\/(\d+) /.exec(loadavg) ?? [];
  return count === undefined ? unreadable(loadavg, 'a line of /proc/loadavg') : integer(count);
};

export interface OpenFiles {
  readonly open: N;
  readonly max: N;
}

/** `/proc/sys/fs/file-nr`: allocated handles, free ones (0 since Linux 2.6), the limit (docs.kernel.org, sysctl/fs). */
export const fileHandles = (text: string): Reading<OpenFiles> => {
  const [open, , max, ...more] = text.trim().split(/\s+/);
  if (open === undefined || max === undefined || more.length > 0) return unreadable(text, 'three numbers of file-nr');
  return known({ open: integer(open), max: integer(max) });
};
