import { absent, known, type N, type Reading, type S } from '../api.ts';
import { integer, unreadable } from './quantity.ts';

/** A process as `/proc/<pid>/stat` shows it. */
export interface TaskStat {
  readonly name: string;
  /** One letter, proc_pid_stat(5): `R`, `S`, `D` uninterruptible, `Z` zombie, `I` idle kernel thread, … */
  readonly state: string;
  /** Clock ticks after boot; with the pid it names one process, for pids are used again. */
  readonly startTicks: string;
}

/** Of the fields after the name: the state is the first, the start time the twentieth. */
const START_TICKS = 19;

/** `/proc/<pid>/stat`. The name stands in parentheses and may itself hold blanks and parentheses. */
export const taskStat = (text: string): Reading<TaskStat> => {
  const from = text.indexOf('(');
  const to = text.lastIndexOf(')');
  const fields = text
    .slice(to + 1)
    .trim()
    .split(' ');
  const [state = ''] = fields;
  const startTicks = fields[START_TICKS] ?? '';
  if (from < 0 || to < from || !/^[A-Za-z]$/.test(state) || !/^\d+$/.test(startTicks))
    return unreadable(text, 'a line of /proc/<pid>/stat');
  return known({ name: text.slice(from + 1, to), state, startTicks });
};

const SWITCHES = /^(?:non)?voluntary_ctxt_switches:\s*(\d+)$/gm;

/** How often a task was taken off its CPU, of its own will or not (`/proc/<pid>/status`). */
export const contextSwitches = (status: string): N => {
  const counts = [...status.matchAll(SWITCHES)].map(([, digits = '']) => integer(digits));
  const [voluntary, forced] = counts;
  if (voluntary === undefined || forced === undefined)
    return absent('failed', '/proc/<pid>/status without two numbers of context switches');
  if (!voluntary.ok) return voluntary;
  return forced.ok ? known(voluntary.value + forced.value) : forced;
};

/** `/proc/<pid>/wchan`: a symbol; `0` where the task runs, and where the reader may not trace it (fs/proc/base.c). */
export const waitChannel = (text: string): S => {
  const symbol = text.trim();
  return /^[A-Za-z_][\w.]*$/.test(symbol)
    ? known(symbol)
    : absent('denied', 'the kernel names no function in which the task waits: to see it takes CAP_SYS_PTRACE');
};
