import { type AnyCheck, type AnyCollector, type Host, NODE, type RefusedPlugin, type SitePlugins } from '../api.ts';
import type { PluginSettings } from '../config/config.ts';
import { modulesIn } from '../config/files.ts';
import type { PluginRun } from './asking.ts';
import type { OwnCommand } from './child-command.ts';
import { executableCheck, executableCollector } from './executable.ts';
import { loadModule, moduleCheck, moduleCollector, type PluginModule } from './module.ts';
import { ENGINE_FACTS } from './names.ts';
import { distrustedExecutable } from './trust.ts';

/** Each has its label in the metrics, and its process once a minute. */
const MOST_CHECKS = 64;
/** Children that load modules at the same time: Node takes a core while it starts. */
const AT_ONCE = 4;

/** A check of a plugin, and the file or the command that judges. */
export interface PluginCheck {
  readonly check: AnyCheck;
  readonly origin: string;
}

/** The plugins that are in use, those that are not, and why. */
export interface Plugins {
  readonly checks: readonly PluginCheck[];
  readonly refused: readonly RefusedPlugin[];
  /** As the engine is told. */
  readonly state: SitePlugins;
  collectors(run: PluginRun): readonly AnyCollector[];
}

/** In order, some at a time. */
const eachOf = async <T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(act))));
  return results;
};

/**
 * Reads what the site has added: modules by file name, then executables by their place in the configuration. A bad one
 * is refused with a reason, and the rest are in use; ids that are taken stay whose they are.
 */
export const loadPlugins = async (o: {
  readonly settings: PluginSettings;
  /** The ids of the checks that ship. */
  readonly builtIn: ReadonlySet<string>;
  /** What the collectors that ship provide. */
  readonly facts: readonly string[];
  readonly host: Pick<Host, 'run'>;
  readonly command: OwnCommand;
}): Promise<Plugins> => {
  const { settings, host, command } = o;
  const { directory, mayDrain } = settings;
  const refused: RefusedPlugin[] = [];
  const origins = new Map<string, string>();

  /** Why an id cannot be had; takes it where it can. */
  const claim = (id: string, origin: string): string | undefined => {
    if (o.builtIn.has(id)) return `${id} is a check that ships with Muster; choose another id`;
    const holder = origins.get(id);
    if (holder !== undefined) return `${id} is taken by ${holder}; choose another id`;
    if (origins.size === MOST_CHECKS) return `there are ${MOST_CHECKS} checks of plugins already`;
    origins.set(id, origin);
    return undefined;
  };

  const facts = new Set([...o.facts, ...ENGINE_FACTS]);
  const files = modulesIn(directory);
  const loaded = await eachOf(files, (file) => loadModule(file, { directory, host, command, facts }));

  const modules: { readonly module: PluginModule; readonly checks: readonly PluginCheck[] }[] = [];
  for (const [i, file] of files.entries()) {
    const one = loaded[i];
    if (one?.ok !== true) {
      refused.push({ origin: file, reason: one?.reason ?? 'was not loaded' });
      continue;
    }
    const kept = one.module.checks.filter(({ id }) => {
      const problem = claim(id, file);
      if (problem !== undefined) refused.push({ origin: file, reason: problem });
      return problem === undefined;
    });
    const checks = kept.map((declared) => ({
      check: moduleCheck(declared, { mayDrain: mayDrain.includes(declared.id) }),
      origin: file,
    }));
    if (checks.length > 0) modules.push({ module: one.module, checks });
  }

  const executables = settings.executables.filter(({ id, command: file }) => {
    const origin = `plugins.executables.${id}`;
    const problem = distrustedExecutable(file) ?? claim(id, origin);
    if (problem !== undefined) refused.push({ origin, reason: problem });
    return problem === undefined;
  });

  const checks = [
    ...modules.flatMap((module) => module.checks),
    ...executables.map((plugin) => ({ check: executableCheck(plugin), origin: plugin.command })),
  ];
  return {
    checks,
    refused,
    state: { ref: NODE, checks: checks.map(({ check }) => check.id), refused },
    collectors: (run) => [
      ...modules.map(({ module, checks: own }) =>
        moduleCollector(module, {
          ...run,
          command,
          directory,
          checks: own.map(({ check }) => ({ check, mayDrain: mayDrain.includes(check.id) })),
          everySeconds: settings.everySeconds,
          timeoutSeconds: settings.timeoutSeconds,
        }),
      ),
      ...(run.machine === undefined ? [] : executables.map((plugin) => executableCollector(plugin, run.asking))),
    ],
  };
};
