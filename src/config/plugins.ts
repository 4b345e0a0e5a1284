import type { AnyCheck } from '../api.ts';
import { configError, type MusterError } from '../errors.ts';
import type { Config, PluginSettings, SiteCheck } from './config.ts';
import { modulesIn } from './files.ts';

/** Whether the site has any: where it has none, nothing of them is loaded or started. */
export const hasPlugins = ({ directory, executables }: PluginSettings): boolean =>
  executables.length > 0 || modulesIn(directory).length > 0;

export const notACheck = ({ at }: SiteCheck): MusterError =>
  configError(`${at}: is not a check; muster checks lists them; see docs/configuration.md`);

const sameKind = (value: unknown, example: unknown): boolean =>
  Array.isArray(example) ? Array.isArray(value) : typeof value === typeof example;

/**
 * Throws a coded error where the configuration speaks of a check, a context or an option that no plugin has. While a plugin is
 * refused, a check that is not known may be its: that must not keep the agent from the rest.
 */
export const refuseUnknown = (
  { siteChecks, checks: configured }: Config,
  plugins: readonly AnyCheck[],
  areAllLoaded: boolean,
): void => {
  for (const site of siteChecks) {
    const check = plugins.find(({ id }) => id === site.id);
    if (check === undefined) {
      if (areAllLoaded) throw notACheck(site);
      continue;
    }
    const { contexts, options: values } = configured[site.id] ?? {};
    const foreign = contexts?.find((context) => !check.contexts.includes(context));
    if (foreign !== undefined)
      throw configError(
        `${site.at}.contexts: ${site.id} does not run in ${foreign}; it runs in ${check.contexts.join(', ')}`,
      );
    const options = (check.options ?? {}) as Readonly<Record<string, { readonly default: unknown }>>;
    for (const [name, value] of Object.entries(values ?? {})) {
      const option = options[name];
      if (option === undefined) throw configError(`${site.at}.options.${name}: is not an option of ${site.id}`);
      if (!sameKind(value, option.default))
        throw configError(`${site.at}.options.${name}: must be like its default, ${JSON.stringify(option.default)}`);
    }
  }
};
