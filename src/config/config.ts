import type { Action, Context, NicRole, Severity } from '../api.ts';
import type { Mode } from '../engine/snapshot.ts';
import type { Pins, SiteProfile } from '../knowledge/profiles/index.ts';

/** `<area>/<name>`, as the ids of the checks that ship. */
export const PLUGIN_ID = /^[a-z][a-z0-9]{0,31}\/[a-z0-9]+(-[a-z0-9]+)*$/;
export const PLUGIN_ID_LENGTH = 64;
export const PLUGIN_CODE = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** As many as there may be codes under which an alert can be raised. */
export const MOST_PLUGIN_CODES = 16;

/** What an executable says by its exit code and its output: 1 and 2 mean different things in the first two. */
export const PLUGIN_PROTOCOLS = ['nagios', 'npd', 'json'] as const;

/** An executable that judges the node. */
export interface ExecutablePlugin {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  readonly protocol: (typeof PLUGIN_PROTOCOLS)[number];
  readonly title?: string;
  /** Of a problem, where the protocol does not say how bad it is. */
  readonly severity: Severity;
  readonly action: Action;
  /** Under which codes the `json` protocol may report. */
  readonly codes: readonly string[];
}

export interface PluginSettings {
  /** Where modules are. */
  readonly directory: string;
  readonly everySeconds: number;
  readonly timeoutSeconds: number;
  /** Ids of checks of modules whose own `drain: true` counts. */
  readonly mayDrain: readonly string[];
  readonly executables: readonly ExecutablePlugin[];
}

/** What the configuration says of a check that only a plugin can bring. */
export interface SiteCheck {
  readonly id: string;
  /** `/etc/muster/muster.yaml:3:1`. */
  readonly at: string;
}

/** The configuration in force: every default is filled in. */
export interface Config {
  readonly nodeName: string;
  readonly machine?: string;
  /** Where it is set, for messages: `/etc/muster/muster.yaml:3:1 machine`, or the variable. */
  readonly machineSetBy?: string;
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
      {
        readonly mode: Mode;
        /** Where it counts, of the contexts in which it can run; all of them without it. */
        readonly contexts?: readonly Context[];
        readonly options: Readonly<Record<string, number | string | boolean | readonly string[]>>;
      }
    >
  >;
  readonly suppressions: readonly {
    /** A check id, or a glob over them. */
    readonly check: string;
    /** As people name a part: `gpu3`, a UUID, a PCI address, `mlx5_2`. */
    readonly component?: string;
    readonly owner: string;
    readonly reason: string;
    /** Unix ms. */
    readonly until: number;
    /** `/etc/muster/muster.yaml:12:5` */
    readonly setBy: string;
  }[];
  /** Entries under `checks` of ids that are not built in: they must be those of plugins. */
  readonly siteChecks: readonly SiteCheck[];
  readonly plugins: PluginSettings;
  readonly webListen: string;
  /** The exporter-toolkit web configuration file: TLS, passwords, headers. */
  readonly webConfigFile?: string;
  /** Whose members may use `muster.sock` besides root. */
  readonly controlGroup?: string;
  readonly events: { readonly maxBytes?: number; readonly maxAgeSeconds?: number };
  /** Above these the agent stops asking optional sources. */
  readonly guard: { readonly memoryBytes?: number; readonly cpuRatio: number };
  /** Whether the agent follows the GPUs and looks for stragglers among them. */
  readonly stragglers: boolean;
  /** dcgm-exporter's job mapping directory, where no process says which job is at work. */
  readonly jobMappingDirectory?: string;
  readonly metricsDetail: 'standard' | 'minimal';
  readonly metricsMaxSeries: number;
  readonly validation: { readonly schedule?: string; readonly level: 'quick' | 'prejob' };
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Without it: text for a person and for the journal, JSON for everything else. */
  readonly logFormat?: 'text' | 'json';
  /** The file whose presence turns enforcement off. */
  readonly killSwitch: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly siteProfiles: readonly SiteProfile[];
  /** Versions that are allowed, by what they are of. */
  readonly pins: Pins;
  /** Set explicitly: wins over a simulated machine's own. */
  readonly roots: { readonly sysfs?: string; readonly proc?: string; readonly kmsg?: string };
  readonly explicit: { readonly stateDir: boolean; readonly runtimeDir: boolean };
}

export const DEFAULT_LISTEN = '127.0.0.1:9780';

/** Twenty times the budget of DESIGN §10 (0.5 % of a core): no load of the node explains that. */
export const DEFAULT_CPU_PERCENT = 10;

/** DESIGN: at most 1,200 series on a healthy 8-GPU node; room for findings above that. */
export const DEFAULT_MAX_SERIES = 2000;
