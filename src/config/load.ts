import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { AnyCheck } from '../api.ts';
import { matchesGlob } from '../derive/glob.ts';
import { secondsOf, timeOf } from '../duration.ts';
import { configError } from '../errors.ts';
import type { SiteProfile } from '../knowledge/profiles/index.ts';
import {
  type Config,
  DEFAULT_CPU_PERCENT,
  DEFAULT_LISTEN,
  DEFAULT_MAX_SERIES,
  type ExecutablePlugin,
  type SiteCheck,
} from './config.ts';
import { killSwitchFile } from './enforcement.ts';
import { ENVIRONMENT, fromEnvironment, variableOf } from './environment.ts';
import { exists, filesIn } from './files.ts';
import { merge, type Plain } from './plain.ts';
import { hasPlugins, notACheck } from './plugins.ts';
import type { ConfigFile } from './schema.ts';

const MAIN_FILE = '/etc/muster/muster.yaml';
const CONF_D = '/etc/muster/conf.d';
const PROFILES_D = '/etc/muster/profiles';
const CHECKS_D = '/etc/muster/checks.d';

type Env = Readonly<Record<string, string | undefined>>;

const isRoot = (): boolean => process.getuid?.() === 0;

const defaultStateDir = (env: Env): string =>
  isRoot() ? '/var/lib/muster' : join(env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'muster');

const defaultRuntimeDir = (env: Env): string =>
  isRoot() ? '/run/muster' : join(env.XDG_RUNTIME_DIR ?? `/tmp/muster-${process.getuid?.() ?? 'user'}`, 'muster');

/** A file or the environment: what it sets, and where each setting stands, `muster.yaml:3:1` or the variable. */
export interface Layer {
  readonly settings: Plain;
  readonly at: (path: readonly string[]) => string;
}

interface Sources {
  readonly file?: string;
  readonly env: Env;
  readonly checks: readonly AnyCheck[];
}

/**
 * Files, then the environment: `--config FILE` stands for the main file and must exist; the others may be missing.
 * Throws a coded error that names file, line, column and path. The parts that only a configured node needs (YAML, the
 * schema) are loaded when there is something to read: a prolog has 150 ms.
 */
export const loadLayers = async (o: Sources): Promise<readonly Layer[]> => {
  const { env, checks } = o;
  const main = o.file ?? env.MUSTER_CONFIG ?? (exists(MAIN_FILE) ? MAIN_FILE : undefined);
  const files = [...(main === undefined ? [] : [main]), ...(o.file === undefined ? filesIn(CONF_D) : [])];
  const environment = fromEnvironment(env);

  const layers: Layer[] = [];
  if (files.length > 0) {
    const { validatedFile } = await import('./validated-file.ts');
    layers.push(...files.map((file) => validatedFile(file, checks)));
  }
  if (Object.keys(environment).length > 0) {
    const { validatedEnvironment } = await import('./validated-environment.ts');
    layers.push({ settings: validatedEnvironment(environment, env), at: variableOf });
  }
  return layers;
};

/** The machine profiles of the site, one a file. */
export const siteProfileFiles = (env: Env): readonly string[] => filesIn(env.MUSTER_PROFILES_DIR ?? PROFILES_D);

/** The configuration in force, of all layers; throws what `loadLayers` throws. */
export const loadConfig = async (o: Sources): Promise<Config> => {
  const { env } = o;
  const layers = await loadLayers(o);
  const settings = layers.reduce<Plain>((under, over) => merge(under, over.settings), {});
  const profiles = siteProfileFiles(env);
  const siteProfiles = profiles.length === 0 ? [] : (await import('./site-profiles.ts')).readSiteProfiles(profiles);
  const siteChecks = layers.flatMap((layer) => siteChecksIn(layer, o.checks));
  const config = {
    ...complete(settings as ConfigFile, env, siteProfiles, siteChecks),
    suppressions: layers.flatMap(suppressionsIn),
  };
  refuseForeign(config);
  for (const layer of layers) refuseEmptyGlobs(layer, config.plugins, o.checks);
  for (const layer of layers) await refuseBadSchedule(layer);
  const machine = layers.findLast((layer) => layer.settings.machine !== undefined);
  return machine === undefined ? config : { ...config, machineSetBy: machineSetBy(machine.at(['machine'])) };
};

const machineSetBy = (at: string): string => (at in ENVIRONMENT ? at : `${at} machine`);

/** Each file adds its own: a list that another one replaced would let findings count again that nobody meant to. */
const suppressionsIn = ({ settings, at }: Layer): Config['suppressions'] =>
  ((settings as ConfigFile).suppressions ?? []).map(({ component, until, ...rest }, i) => ({
    ...rest,
    ...(component === undefined ? {} : { component }),
    until: timeOf(until),
    setBy: at(['suppressions', String(i)]),
  }));

/** A suppression that matches nothing lets count what somebody meant to silence; where there are plugins it may be theirs. */
const refuseEmptyGlobs = ({ settings, at }: Layer, plugins: Config['plugins'], checks: readonly AnyCheck[]): void => {
  const globs = ((settings as ConfigFile).suppressions ?? []).map(({ check }) => check);
  const i = globs.findIndex((glob) => !checks.some(({ id }) => matchesGlob(glob, id)));
  if (i === -1 || hasPlugins(plugins)) return;
  throw configError(
    `${at(['suppressions', String(i), 'check'])} suppressions.${i}.check: matches no check; muster checks lists them; see docs/configuration.md`,
  );
};

/** node-cron is loaded where there is an expression: few nodes have one. */
const refuseBadSchedule = async ({ settings, at }: Layer): Promise<void> => {
  const { schedule } = (settings as ConfigFile).validation ?? {};
  if (schedule === undefined) return;
  const { cronFault } = await import('../engine/scheduler.ts');
  const fault = cronFault(schedule);
  if (fault === undefined) return;
  const path = ['validation', 'schedule'];
  throw configError(
    `${at(path)} ${path.join('.')}: is no cron expression (${fault}): write for example '0 3 * * *'; see docs/configuration.md`,
  );
};

/** The entries that are set. */
const entriesOf = <T>(section: Readonly<Record<string, T | undefined>> = {}): [string, T][] =>
  Object.entries(section).flatMap(([name, value]): [string, T][] => (value === undefined ? [] : [[name, value]]));

/** Where checks are configured that are not built in. */
const siteChecksIn = ({ settings, at }: Layer, builtIn: readonly AnyCheck[]): readonly SiteCheck[] =>
  Object.keys((settings.checks ?? {}) as Plain)
    .filter((id) => !builtIn.some((check) => check.id === id))
    .map((id) => ({ id, at: `${at(['checks', id])} checks.${id}` }));

/** A check that is not built in can only be one of a plugin. */
const refuseForeign = ({ siteChecks, plugins }: Pick<Config, 'siteChecks' | 'plugins'>): void => {
  const [first] = siteChecks;
  if (first !== undefined && !hasPlugins(plugins)) throw notACheck(first);
};

const MODULE_SECONDS = 60;
const TIMEOUT_SECONDS = 5;

const pluginsOf = (file: ConfigFile): Config['plugins'] => {
  const { directory = CHECKS_D, every, timeout, may_drain: mayDrain = [], executables } = file.plugins ?? {};
  return {
    directory,
    everySeconds: every === undefined ? MODULE_SECONDS : secondsOf(every),
    timeoutSeconds: timeout === undefined ? TIMEOUT_SECONDS : secondsOf(timeout),
    mayDrain,
    executables: entriesOf(executables).map(
      ([id, own]): ExecutablePlugin => ({
        id,
        command: own.command,
        args: own.args ?? [],
        everySeconds: own.every === undefined ? MODULE_SECONDS : secondsOf(own.every),
        timeoutSeconds: own.timeout === undefined ? TIMEOUT_SECONDS : secondsOf(own.timeout),
        protocol: own.protocol,
        ...(own.title === undefined ? {} : { title: own.title }),
        severity: own.severity ?? 'WARNING',
        action: { drain: own.action?.drain ?? false, then: own.action?.then ?? 'watch' },
        codes: own.codes ?? ['problem'],
      }),
    ),
  };
};

const complete = (
  file: ConfigFile,
  env: Env,
  siteProfiles: readonly SiteProfile[],
  siteChecks: readonly SiteCheck[],
): Omit<Config, 'suppressions' | 'machineSetBy'> => {
  const sources = entriesOf(file.sources);
  const checks = Object.entries(
    (file.checks ?? {}) as Record<string, (Partial<Config['checks'][string]> & { options?: Plain }) | undefined>,
  );
  const { MUSTER_SYSFS_ROOT, MUSTER_PROC_ROOT, MUSTER_KMSG } = env;
  return {
    nodeName: file.node?.name ?? env.SLURMD_NODENAME ?? env.NODE_NAME ?? hostname(),
    ...(file.machine === undefined ? {} : { machine: file.machine }),
    gpus: file.gpus ?? 'expected',
    tools: Object.fromEntries(entriesOf(file.tools)),
    optionalSources: new Set(sources.filter(([, source]) => source.optional === true).map(([name]) => name)),
    intervals: Object.fromEntries(
      sources.flatMap(([name, { every }]) => (every === undefined ? [] : [[name, secondsOf(every)]])),
    ),
    kernelLogTrust: file.kernel_log?.trust ?? 'kernel',
    nicRoles: file.nics?.roles ?? [],
    checks: Object.fromEntries(
      checks.map(([id, entry]) => [
        id,
        {
          mode: entry?.mode ?? 'enforce',
          ...(entry?.contexts === undefined ? {} : { contexts: entry.contexts }),
          options: entry?.options ?? {},
        },
      ]),
    ),
    siteChecks,
    plugins: pluginsOf(file),
    webListen: file.web?.listen ?? DEFAULT_LISTEN,
    ...(file.web?.config_file === undefined ? {} : { webConfigFile: file.web.config_file }),
    ...(file.control?.group === undefined ? {} : { controlGroup: file.control.group }),
    events: {
      ...(file.events?.max_mb === undefined ? {} : { maxBytes: file.events.max_mb * 1e6 }),
      ...(file.events?.max_age === undefined ? {} : { maxAgeSeconds: secondsOf(file.events.max_age) }),
    },
    guard: {
      ...(file.guard?.memory_mb === undefined ? {} : { memoryBytes: file.guard.memory_mb * 1e6 }),
      cpuRatio: (file.guard?.cpu_percent ?? DEFAULT_CPU_PERCENT) / 100,
    },
    stragglers: file.stragglers?.enabled ?? true,
    ...(file.jobs?.mapping_directory === undefined ? {} : { jobMappingDirectory: file.jobs.mapping_directory }),
    metricsDetail: file.metrics?.detail ?? 'standard',
    metricsMaxSeries: file.metrics?.max_series ?? DEFAULT_MAX_SERIES,
    validation: {
      level: file.validation?.level ?? 'prejob',
      ...(file.validation?.schedule === undefined ? {} : { schedule: file.validation.schedule }),
    },
    logLevel: file.log?.level ?? 'info',
    ...(file.log?.format === undefined ? {} : { logFormat: file.log.format }),
    killSwitch: killSwitchFile(env),
    stateDir: file.state_dir ?? defaultStateDir(env),
    runtimeDir: file.runtime_dir ?? defaultRuntimeDir(env),
    siteProfiles,
    pins: Object.fromEntries(entriesOf(file.pins).map(([name, allowed]) => [name, [allowed].flat()])),
    roots: {
      ...(MUSTER_SYSFS_ROOT ? { sysfs: MUSTER_SYSFS_ROOT } : {}),
      ...(MUSTER_PROC_ROOT ? { proc: MUSTER_PROC_ROOT } : {}),
      ...(MUSTER_KMSG ? { kmsg: MUSTER_KMSG } : {}),
    },
    explicit: { stateDir: file.state_dir !== undefined, runtimeDir: file.runtime_dir !== undefined },
  };
};
