import { absent, known, type N, type Reading } from '../api.ts';
import { integer, unreadable } from './quantity.ts';

/** One line of `df -B1 --output=source,fstype,size,avail,itotal,iavail,target` (GNU coreutils). */
export interface DfLine {
  readonly source: string;
  readonly type: string;
  readonly totalBytes: N;
  readonly availableBytes: N;
  readonly totalInodes: N;
  readonly availableInodes: N;
  readonly target: string;
}

const HEADER = /^Filesystem +Type +1B-blocks +Avail +Inodes +IFree +Mounted on$/;
const ROW = /^(\S.*?) +(\S+) +(-?\d+|-) +(-?\d+|-) +(-?\d+|-) +(-?\d+|-) (\/.*)$/;

/** `-` where the filesystem has no such number. */
const amount = (printed: string): N => {
  if (printed === '-') return absent('unsupported', 'df: the filesystem does not say');
  const value = integer(printed);
  // Below zero is what only root may still use.
  return value.ok ? known(Math.max(0, value.value)) : value;
};

/** btrfs and some others say 0 of 0: they make inodes as they need them. */
const inodes = (total: string, available: string): readonly [N, N] => {
  if (total !== '0') return [amount(total), amount(available)];
  const none = absent('unsupported', 'the filesystem has no fixed number of inodes');
  return [none, none];
};

export const dfTable = (text: string): Reading<readonly DfLine[]> => {
  const [header = '', ...rows] = text.split('\n').filter((line) => line !== '');
  if (!HEADER.test(header)) return unreadable(header, 'the header of df');
  const lines: DfLine[] = [];
  for (const row of rows) {
    const [, source, type, size = '', available = '', itotal = '', iavailable = '', target] = ROW.exec(row) ?? [];
    if (source === undefined || type === undefined || target === undefined) return unreadable(row, 'a line of df');
    const [totalInodes, availableInodes] = inodes(itotal, iavailable);
    lines.push({
      source,
      type,
      totalBytes: amount(size),
      availableBytes: amount(available),
      totalInodes,
      availableInodes,
      target,
    });
  }
  return known(lines);
};
