import { type Host, known, type Reading, type StuckTask } from '../api.ts';
import { contextSwitches, taskStat, waitChannel } from '../parse/proc-task.ts';
import { parsed } from '../parse/reading.ts';

export interface TaskStates {
  readonly count: number;
  readonly zombies: Reading<number>;
  readonly stuck: Reading<readonly StuckTask[]>;
}

/** The processes of the host, look by look. */
export interface TaskWatch {
  /** `uptimeSeconds`: the time of this look, by a clock that nobody sets. */
  look(pids: readonly number[], uptimeSeconds: number, host: Host, signal: AbortSignal): Promise<TaskStates>;
}

interface Seen {
  readonly name: string;
  readonly state: string;
  readonly startTicks: string;
  /** Of a task in state D: how often it had been scheduled, and since when it was not again. */
  readonly asleep?: Reading<{
    readonly switches: number;
    readonly since: number;
    readonly waitsIn: StuckTask['waitsIn'];
  }>;
}

/**
 * A file of /proc costs some 60 µs of CPU, and a node of 224 CPUs has 3,000 kernel threads: after the first look each one
 * reads a fifth of the tasks, besides those that are new or were last seen asleep or dead.
 */
const SHARES = 5;
// The Host reads two files at a time; more would only wait in its queue.
const READERS = 2;

/** A process that ended between the list and the read is none. */
const isGone = ({ reason }: { readonly reason: string }): boolean => reason === 'no-device' || reason === 'lost';

/**
 * Remembers who is in state D, and since when. Busy I/O is in state D at most looks too: as the kernel does in
 * kernel/hung_task.c, a task counts as stuck only while it was not scheduled once since it was first seen so.
 */
export const createTaskWatch = (): TaskWatch => {
  const seen = new Map<number, Seen>();
  let looks = 0;

  const isDue = (pid: number, look: number): boolean => {
    const before = seen.get(pid);
    return (
      before === undefined || before.asleep !== undefined || before.state === 'Z' || pid % SHARES === look % SHARES
    );
  };

  const sleepOf = async (pid: number, startTicks: string, uptime: number, host: Host): Promise<Seen['asleep']> => {
    const switches = parsed(await host.read(`/proc/${pid}/status`), contextSwitches);
    if (!switches.ok) return switches;
    const before = seen.get(pid);
    const earlier = before?.startTicks === startTicks && before.asleep?.ok === true ? before.asleep.value : undefined;
    const since = earlier?.switches === switches.value ? earlier.since : uptime;
    return known({
      switches: switches.value,
      since,
      waitsIn: parsed(await host.read(`/proc/${pid}/wchan`), waitChannel),
    });
  };

  const readTask = async (pid: number, uptime: number, host: Host): Promise<void> => {
    const stat = parsed(await host.read(`/proc/${pid}/stat`), taskStat);
    if (!stat.ok) {
      if (isGone(stat)) seen.delete(pid);
      else seen.set(pid, { name: '', state: '', startTicks: '', asleep: stat });
      return;
    }
    const asleep = stat.value.state === 'D' ? await sleepOf(pid, stat.value.startTicks, uptime, host) : undefined;
    if (asleep?.ok === false && isGone(asleep)) seen.delete(pid);
    else seen.set(pid, { ...stat.value, ...(asleep === undefined ? {} : { asleep }) });
  };

  const states = (uptime: number): TaskStates => {
    const tasks = [...seen];
    const unreadable = tasks.flatMap(([, { asleep }]) => (asleep?.ok === false ? [asleep] : []))[0];
    const stateless = tasks.flatMap(([, { state, asleep }]) =>
      state === '' && asleep?.ok === false ? [asleep] : [],
    )[0];
    return {
      count: tasks.length,
      zombies: stateless ?? known(tasks.filter(([, { state }]) => state === 'Z').length),
      stuck:
        unreadable ??
        known(
          tasks.flatMap(([pid, { name, asleep }]): StuckTask[] =>
            asleep?.ok === true
              ? [{ pid, name, stuckSeconds: uptime - asleep.value.since, waitsIn: asleep.value.waitsIn }]
              : [],
          ),
        ),
    };
  };

  return {
    look: async (pids, uptime, host, signal) => {
      const look = looks;
      looks += 1;
      const present = new Set(pids);
      for (const pid of seen.keys()) if (!present.has(pid)) seen.delete(pid);
      const due = pids.filter((pid) => isDue(pid, look)).values();
      const readOn = async (): Promise<void> => {
        for (const pid of due) {
          if (signal.aborted) return;
          await readTask(pid, uptime, host);
        }
      };
      await Promise.all(Array.from({ length: READERS }, readOn));
      return states(uptime);
    },
  };
};
