import type { Component } from './component.ts';
import type { B, N, Reading, S } from './reading.ts';
import type { Signal } from './series.ts';

/** A task in uninterruptible sleep (state D of `/proc/<pid>/stat`). */
export interface StuckTask {
  readonly pid: number;
  readonly name: string;
  /** Since when this task was not scheduled, as far as the agent has watched it; 0 at the first look. */
  readonly stuckSeconds: number;
  /** The function of the kernel in which it waits (`/proc/<pid>/wchan`). */
  readonly waitsIn: S;
}

/** The tasks of the host, from `/proc/<pid>/stat`, and the tables that they fill. */
export interface TaskTable {
  readonly ref: Component;
  /** Processes, kernel threads among them. */
  readonly count: N;
  readonly zombies: N;
  readonly stuck: Reading<readonly StuckTask[]>;
  /** For how long the tasks have been watched: none can be known to be stuck for longer. */
  readonly watchedSeconds: number;
  /** `/proc/sys/kernel/pid_max` and `threads-max`, whichever is reached first; threads as `/proc/loadavg` counts them. */
  readonly threads: N;
  readonly maxThreads: N;
  /** `/proc/sys/fs/file-nr`: open file handles of the system, and how many there may be. */
  readonly openFiles: N;
  readonly maxOpenFiles: N;
}

/** `/proc/meminfo`. */
export interface HostMemory {
  readonly ref: Component;
  readonly totalBytes: N;
  readonly availableBytes: Signal;
}

/** The CPUs and memory nodes that the kernel knows, as sysfs lists them. */
export interface Cpus {
  readonly ref: Component;
  readonly online: N;
  readonly present: N;
  /** `/sys/devices/system/cpu/smt/control`: with `off` and `forceoff` the second threads of the cores are offline on purpose. */
  readonly smt: S;
  /** Scaling governors in use, each with its number of frequency policies (CPUs that share a clock). */
  readonly governors: Reading<Readonly<Record<string, number>>>;
  readonly numaNodesOnline: N;
}

/** The system clock as the kernel keeps it. */
export interface ClockState {
  readonly ref: Component;
  /** As chrony says it, else the kernel's own word (adjtimex STA_UNSYNC), which `timedatectl show` prints. */
  readonly synchronized: B;
  /** `/sys/devices/system/clocksource/clocksource0/current_clocksource`. */
  readonly source: S;
}
