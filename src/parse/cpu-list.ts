import { known, type N } from '../api.ts';
import { unreadable } from './quantity.ts';

// More than any kernel numbers (NR_CPUS is at most 8192): a longer range is garbage.
const MOST = 65_536;

/** How many there are in a list such as `0-55,112-167` (docs.kernel.org, admin-guide/cputopology). */
export const countInList = (text: string): N => {
  const members = new Set<number>();
  for (const range of text.trim().split(',')) {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    if (first === undefined || Number(last) < Number(first) || Number(last) >= MOST)
      return unreadable(text.trim(), 'a list of numbers and ranges');
    for (let one = Number(first); one <= Number(last); one += 1) members.add(one);
  }
  return known(members.size);
};
