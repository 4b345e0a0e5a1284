import { createAbandoned } from '../../src/host/abandoned.ts';
import { systemClock } from '../../src/host/clock.ts';
import type { ToolRuntime } from '../../src/host/run.ts';
import { createSlots } from '../../src/host/slots.ts';

/** What tools share in one process; `bin` comes first on PATH. */
export const runtimeFor = (bin: string, runtimeDir?: string): ToolRuntime => ({
  path: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
  tools: {},
  abandoned: createAbandoned(runtimeDir),
  slots: createSlots(),
  clock: systemClock,
});
