import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

export interface ProcessStat {
  /** One letter, proc_pid_stat(5): `R`, `S`, `D` uninterruptible, `Z` zombie, … */
  readonly state: string;
  readonly group: number;
  /** Clock ticks after boot; with the pid it names one process, for pids are used again. */
  readonly startTicks: string;
}

/** Of a process of this machine, whatever root `/proc` is shown under to the checks: children are always real. */
export const processStat = (pid: number): ProcessStat | undefined => {
  const text = readText(`/proc/${pid}/stat`);
  // The command name stands in parentheses and may itself hold blanks and parentheses.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields ?? [];
  const startTicks = fields?.[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return { state, group: Number(group), startTicks };
};

const isGone = (stat: ProcessStat | undefined): boolean =>
  stat === undefined || stat.state === 'Z' || stat.state === 'X';

/** Whether the process that had this pid and start time still lives; a zombie does not. */
export const isAlive = (pid: number, startTicks: string): boolean => {
  const stat = processStat(pid);
  return !isGone(stat) && stat?.startTicks === startTicks;
};

/** For people: `pid 1234, D state in percpu_rwsem_wait`. */
export const describeProcess = (pid: number): string => {
  const stat = processStat(pid);
  if (stat === undefined) return `pid ${pid}`;
  const where = readText(`/proc/${pid}/wchan`)?.trim() ?? '';
  return `pid ${pid}, ${stat.state} state${where === '' || where === '0' ? '' : ` in ${where}`}`;
};

/** Living members of a process group, by a walk over `/proc`. */
export const membersOf = (group: number): readonly number[] => {
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = processStat(pid);
      return !isGone(stat) && stat?.group === group;
    });
};

/** Names one boot of one machine; empty where the kernel has no such file. */
export const currentBootId = (): string => readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

/** Names the space in which pids mean something: a container shares the runtime directory, but not the pids. */
export const pidNamespace = (): string => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
};
