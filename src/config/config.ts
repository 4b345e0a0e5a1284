import type { NicRole } from '../api.ts';
import type { Mode } from '../engine/snapshot.ts';
import type { SiteProfile } from '../knowledge/profiles/index.ts';

/** The configuration in force: every default is filled in. */
export interface Config {
  readonly nodeName: string;
  readonly machine?: string;
  readonly gpus: 'expected' | 'none';
  readonly tools: Readonly<Record<string, string>>;
  readonly optionalSources: ReadonlySet<string>;
  /** Seconds, by source. */
  readonly intervals: Readonly<Record<string, number>>;
  readonly kernelLogTrust: 'kernel' | 'any';
  readonly nicRoles: readonly { readonly match: string; readonly role: NicRole }[];
  readonly checks: Readonly<
    Record<
      string,
      { readonly mode: Mode; readonly options: Readonly<Record<string, number | string | boolean | readonly string[]>> }
    >
  >;
  readonly webListen: string;
  readonly metricsDetail: 'standard' | 'minimal';
  readonly metricsMaxSeries: number;
  readonly validation: { readonly schedule?: string; readonly level: 'quick' | 'prejob' };
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly siteProfiles: readonly SiteProfile[];
  /** Set explicitly: wins over a simulated machine's own. */
  readonly roots: { readonly sysfs?: string; readonly proc?: string; readonly kmsg?: string };
  readonly explicit: { readonly stateDir: boolean; readonly runtimeDir: boolean };
}

export const DEFAULT_LISTEN = '127.0.0.1:9780';

/** DESIGN: at most 1,200 series on a healthy 8-GPU node; room for findings above that. */
export const DEFAULT_MAX_SERIES = 2000;
