import { known, type N, type Reading, type Stall } from '../api.ts';
import { decimal, unreadable } from './quantity.ts';

const SHAPE = 'a line "some avg10=… avg60=… avg300=… total=…" with percentages';

/** A percentage as a ratio; one outside 0–100 is no share of time. */
const share = (text: string): N => {
  const percent = decimal(text);
  if (!percent.ok) return percent;
  return percent.value >= 0 && percent.value <= 100 ? known(percent.value / 100) : unreadable(text, 'a percentage');
};

/**
 * The `some` line of a file of /proc/pressure (docs.kernel.org, accounting/psi): the share of time in which at least one
 * task waited. The `full` line is not asked: for the CPU the kernel defines none at the level of the system.
 */
export const stall = (text: string): Reading<Stall> => {
  const line = text.split('\n').find((one) => one.startsWith('some '));
  const field = (name: string): string | undefined =>
    line
      ?.split(/\s+/)
      .find((one) => one.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const avg60 = field('avg60');
  const avg300 = field('avg300');
  if (avg60 === undefined || avg300 === undefined) return unreadable(text.trim(), SHAPE);
  return known({ avg60: share(avg60), avg300: share(avg300) });
};
