import { checks as builtIn } from '../../checks/index.ts';
import { type AnyCheck, type AnyCollector, NODE, type RefusedPlugin, type SitePlugins } from '../api.ts';
import { createCollectors } from '../collectors/index.ts';
import type { Config } from '../config/config.ts';
import { hasPlugins, refuseUnknown } from '../config/plugins.ts';
import type { Engine } from '../engine/engine.ts';
import { createMachineHost } from '../host/machine.ts';
import { selfCommand } from '../host/self-command.ts';
import type { Plugins } from '../plugins/load.ts';
import type { Machine } from './machine.ts';

/** The checks of this site: those that ship, and those of its plugins. */
export interface Site {
  readonly checks: readonly AnyCheck[];
  /** Nothing where the site has none: then no code of theirs is loaded, and no process started. */
  readonly plugins?: Plugins;
}

/** Reads the plugins that the configuration names; throws where it speaks of a check that there is not. */
export const openSite = async (config: Config): Promise<Site> => {
  if (!hasPlugins(config.plugins)) return { checks: builtIn };
  const { loadPlugins } = await import('../plugins/load.ts');
  const host = createMachineHost({ runtimeDir: config.runtimeDir });
  try {
    const plugins = await loadPlugins({
      settings: config.plugins,
      builtIn: new Set(builtIn.map(({ id }) => id)),
      facts: createCollectors({ inventoryCommand: { file: '', args: [] } }).flatMap(({ provides }) => provides),
      host,
      command: (args) => selfCommand(['plugin-child', ...args]),
    });
    const added = plugins.checks.map(({ check }) => check);
    refuseUnknown(config, added, plugins.refused.length === 0);
    return { checks: [...builtIn, ...added], plugins };
  } finally {
    host.close();
  }
};

/** What of the plugins is in use, and what is not and why. */
export interface PluginReport {
  readonly loaded: readonly { readonly id: string; readonly origin: string }[];
  readonly refused: readonly RefusedPlugin[];
}

export const pluginReport = async (config: Config): Promise<PluginReport> => {
  const { plugins } = await openSite(config);
  return {
    loaded: (plugins?.checks ?? []).map(({ check, origin }) => ({ id: check.id, origin })),
    refused: plugins?.refused ?? [],
  };
};

/** `/etc/muster/checks.d/fans.mjs is refused: its export cannot be used: 0.rules: is missing`. */
export const refusals = ({ plugins }: Site): readonly string[] =>
  (plugins?.refused ?? []).map(({ origin, reason }) => `plugin ${origin} is refused: ${reason}`);

export interface AskedPlugins {
  readonly collectors: readonly AnyCollector[];
  readonly state: SitePlugins;
  /** Leaves nothing behind of what they were told. */
  close(): void;
}

/** None is refused where there is none. */
const NO_PLUGINS: AskedPlugins = {
  collectors: [],
  state: { ref: NODE, checks: [], refused: [] },
  close: () => {},
};

/** The collectors that ask the plugins of a site about the facts that an engine holds. */
export const askPlugins = async (
  { plugins }: Site,
  o: {
    readonly config: Config;
    readonly engine: Engine;
    readonly context: 'continuous' | 'prejob' | 'deep';
    readonly machine: Pick<Machine, 'host' | 'node'> & Partial<Pick<Machine, 'door'>>;
    readonly runtimeDir: string;
    /** The run asks each source on its own terms, not on its schedule. */
    readonly keepStale: boolean;
  },
): Promise<AskedPlugins> => {
  if (plugins === undefined) return NO_PLUGINS;
  const { config, engine, context, machine } = o;
  const { createFactsFile } = await import('../plugins/facts-file.ts');
  const { FALLBACK_PATH } = await import('../host/tools.ts');
  const { node, door } = machine;
  const factsNow = () => engine.facts({ keepStale: o.keepStale });
  const facts = createFactsFile({
    directory: o.runtimeDir,
    facts: factsNow,
    node: node.name,
    context,
    now: machine.host.now,
  });
  const runner = door === undefined ? createMachineHost({ runtimeDir: o.runtimeDir }) : undefined;
  return {
    collectors: plugins.collectors({
      asking: {
        context,
        facts,
        bootedAt: node.bootedAt,
        path: node.mock === undefined ? FALLBACK_PATH : (door?.path ?? FALLBACK_PATH),
        ...(node.mock === undefined ? {} : { mock: node.mock }),
      },
      configured: config.checks,
      profile: () => {
        const { profile } = factsNow();
        return profile?.ok === true ? profile.value : undefined;
      },
      ...(door === undefined ? {} : { machine: door }),
      ...(runner === undefined ? {} : { runner }),
    }),
    state: plugins.state,
    close: () => {
      facts.remove();
      runner?.close();
    },
  };
};
