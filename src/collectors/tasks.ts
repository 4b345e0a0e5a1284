import {
  type Absent,
  absent,
  type Collector,
  defineCollector,
  type Host,
  known,
  type N,
  NODE,
  type Raw,
  type TaskTable,
} from '../api.ts';
import { uptimeSeconds } from '../parse/boot-time.ts';
import { fileHandles, threadCount } from '../parse/proc-tables.ts';
import { integer } from '../parse/quantity.ts';
import { parsed } from '../parse/reading.ts';
import { createTaskWatch } from './task-watch.ts';

/** Threads share one number space: the smaller of what the kernel counts and what it can number (pid_max). */
const mostThreads = async (host: Host): Promise<N> => {
  const limits = await Promise.all(
    ['threads-max', 'pid_max'].map(async (name) => parsed(await host.read(`/proc/sys/kernel/${name}`), integer)),
  );
  const unread = limits.find((limit): limit is Absent => !limit.ok);
  return unread ?? known(Math.min(...limits.flatMap((limit) => (limit.ok ? [limit.value] : []))));
};

/** The uptime of the machine, by which looks are timed: the wall clock may be set. */
const uptimeOf = async (host: Host): Promise<N> => {
  const read = await host.read('/proc/uptime');
  if (!read.ok) return read;
  const seconds = uptimeSeconds(read.value);
  return seconds === undefined ? absent('failed', '/proc/uptime holds no uptime') : known(seconds);
};

/**
 * The tasks of the host and the tables that they fill. Threads other than the first of a process are not looked at: the
 * kernel's own watch (khungtaskd) reports those in its log.
 */
export const createTasksCollector = (): Collector<'tasks'> => {
  const watch = createTaskWatch();
  let firstLookAt: number | undefined;

  return defineCollector({
    apiVersion: 1,
    id: 'tasks',
    provides: ['tasks'],
    reads: '/proc/<pid>/stat, /proc/loadavg, /proc/sys/{kernel,fs}',
    schedule: { everySeconds: 45 },
    sheddable: true,
    deadlineMs: 10_000,
    async collect(host, signal) {
      const [names, uptime] = await Promise.all([host.list('/proc'), uptimeOf(host)]);
      if (!names.ok) return { tasks: names };
      if (!uptime.ok) return { tasks: uptime };
      const pids = names.value.filter((name) => /^\d+$/.test(name)).map(Number);
      const { count, zombies, stuck } = await watch.look(pids, uptime.value, host, signal);
      // Nobody takes the answer of a call that was given up; what it did not read is read next time.
      if (signal.aborted) return { tasks: absent('timeout', 'the tasks are more than can be read in time') };
      firstLookAt ??= uptime.value;
      const files = parsed(await host.read('/proc/sys/fs/file-nr'), fileHandles);
      const value: Raw<TaskTable> = {
        ref: NODE,
        count: counted(count),
        zombies: count === 0 && zombies.ok ? NO_TASK : zombies,
        stuck: count === 0 && stuck.ok ? NO_TASK : stuck,
        watchedSeconds: uptime.value - firstLookAt,
        threads: parsed(await host.read('/proc/loadavg'), threadCount),
        maxThreads: await mostThreads(host),
        openFiles: files.ok ? files.value.open : files,
        maxOpenFiles: files.ok ? files.value.max : files,
      };
      return { tasks: known(value) };
    },
  });
};

/** A live machine has tasks: a tree without any was made from something else than a machine's /proc. */
const NO_TASK = absent('not-recorded', '/proc lists no process');
const counted = (count: number): N => (count === 0 ? NO_TASK : known(count));
