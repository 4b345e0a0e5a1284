import { setImmediate } from 'node:timers/promises';
import type { Host } from '../api.ts';
import { createAbandoned } from './abandoned.ts';
import { type Clock, systemClock } from './clock.ts';
import { createFiles } from './files.ts';
import { follow } from './follow.ts';
import { createKernelLogReader } from './kernel-log.ts';
import { run, type ToolRuntime } from './run.ts';
import { createSlots } from './slots.ts';

export interface MachineOptions {
  readonly sysfsRoot?: string;
  readonly procRoot?: string;
  /** Prefix of every path that is neither below `/sys` nor below `/proc`. */
  readonly fsRoot?: string;
  /** The kernel log: the device, or a regular file of records. */
  readonly kmsg?: string;
  /** The last kernel record read earlier in this boot. */
  readonly fromSequence?: number;
  /** Where abandoned children are recorded for other processes; in memory alone without it. */
  readonly runtimeDir?: string;
  readonly path?: string | undefined;
  readonly tools?: Readonly<Record<string, string>>;
  /** For the tools, beyond `PATH` and `LC_ALL`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

export interface MachineHost extends Host {
  readonly abandoned: { count(): number; oldestSeconds(tool: string): number };
  /** The last kernel record handed out, to go on from after a restart. */
  readonly kernelSequence: number | undefined;
  /** Goes on after this record of the kernel log, when nothing of it was read yet. */
  resumeKernelLog(fromSequence: number): void;
  close(): void;
}

const DEVICE = '/dev/kmsg';

/** The machine itself. */
export const createMachineHost = (options: MachineOptions = {}): MachineHost => {
  const { sysfsRoot = '/sys', procRoot = '/proc', fsRoot = '', kmsg = DEVICE, clock = systemClock } = options;
  const { fromSequence } = options;
  const abandoned = createAbandoned(options.runtimeDir, clock);
  const files = createFiles({ sysfsRoot, procRoot, fsRoot });
  const kernelLog = createKernelLogReader(kmsg, {
    clock,
    // Only who names another file means a file.
    deviceOnly: kmsg === DEVICE,
    ...(fromSequence === undefined ? {} : { fromSequence }),
  });
  const closing = new AbortController();
  const runtime: ToolRuntime = {
    path: 'path' in options ? options.path : process.env.PATH,
    tools: options.tools ?? {},
    env: options.env,
    abandoned,
    slots: createSlots(),
    clock,
  };

  return {
    run: (tool, args, o) => run(tool, args, { ...runtime, ...o }),
    follow: (tool, args, o) => {
      const signal = AbortSignal.any([o.signal, closing.signal]);
      return follow(tool, args, { ...runtime, ...o, signal });
    },
    read: files.read,
    list: files.list,
    // After what else is waiting: a flood comes in many pieces, and none of them may hold up a scrape.
    kernelRecords: () => setImmediate().then(() => kernelLog.poll()),
    now: clock.wallMs,
    abandoned,
    resumeKernelLog: kernelLog.resume,
    get kernelSequence() {
      return kernelLog.lastSequence;
    },
    close: () => {
      closing.abort();
      kernelLog.close();
    },
  };
};
