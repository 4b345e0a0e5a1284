import { type Absent, absent, type CommandResult, type Host, type Profile, type Reading } from '../api.ts';
import type { Config } from '../config/config.ts';
import type { MachineOptions } from '../host/machine.ts';
import type { FactsForPlugins } from './facts-file.ts';
import { lastLine } from './first-line.ts';

/** What plugins of one run are asked with. */
export interface Asking {
  readonly context: 'continuous' | 'prejob' | 'deep';
  readonly facts: FactsForPlugins;
  /** Unix ms. */
  readonly bootedAt: number;
  /** Where plugins find their tools. */
  readonly path: string;
  /** The simulated machine that the facts are of, for a plugin that would look at the real one. */
  readonly mock?: string;
}

/** What plugins are asked with, and by what their options are resolved. */
export interface PluginRun {
  readonly asking: Asking;
  readonly configured: Config['checks'];
  readonly profile: () => Profile | undefined;
  /** What collectors of modules read; nothing where there is only a recording, in which no executable has a part. */
  readonly machine?: MachineOptions;
  /** Runs the children where the machine itself cannot: it is a recording. */
  readonly runner?: Pick<Host, 'run'>;
}

/** With what it said on its standard error, where it said something. */
export const withStderr = (detail: string, { stderr }: CommandResult): string => {
  const said = lastLine(stderr);
  return said === '' ? detail : `${detail}; it said: ${said}`;
};

/** A plugin that cannot be run is no part that this machine lacks: it is never passed over in silence. */
export const failing = (reading: Reading<CommandResult> & Absent): Absent =>
  ['timeout', 'hung', 'denied'].includes(reading.reason) ? reading : absent('failed', reading.detail);
