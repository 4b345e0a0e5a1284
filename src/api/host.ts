import type { Component } from './component.ts';
import type { B, N, Reading, S } from './reading.ts';
import type { Signal } from './series.ts';

/** A task in uninterruptible sleep (state D of `/proc/<pid>/stat`). */
export interface StuckTask {
  readonly pid: number;
  readonly name: string;
  /** How long the agent has seen this task in this state, at each look; 0 at the first. */
  readonly stuckSeconds: number;
}

/** The tasks of the host, from `/proc/<pid>/stat`, and the tables that they fill. */
export interface TaskTable {
  readonly ref: Component;
  readonly count: N;
  readonly zombies: N;
  readonly stuck: Reading<readonly StuckTask[]>;
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
  /** Scaling governors in use, each with the number of CPUs; absent where the kernel does not scale. */
  readonly governors: Reading<Readonly<Record<string, number>>>;
  readonly numaNodesOnline: N;
}

/** The system clock as the kernel keeps it. */
export interface ClockState {
  readonly ref: Component;
  /** The kernel's own word (adjtimex STA_UNSYNC), as `timedatectl show` prints it. */
  readonly synchronized: B;
  /** `/sys/devices/system/clocksource/clocksource0/current_clocksource`. */
  readonly source: S;
}
