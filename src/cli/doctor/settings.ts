import { checks } from '../../../checks/index.ts';
import type { AnyCheck, AnyCollector, Option } from '../../api.ts';
import type { Layer } from '../../config/load.ts';
import { isPlain, type Plain } from '../../config/plain.ts';
import { settingPaths } from '../../config/schema.ts';
import { resolveOptions } from '../../engine/options.ts';
import { columns, type Problem, type Section } from './section.ts';
import type { Seen } from './seen.ts';
import { unsetValue } from './setting-values.ts';

/** One setting as it is in force. */
interface Setting {
  readonly path: readonly string[];
  /** Undefined: nobody set it, and nothing stands in for it. */
  readonly value: unknown;
  readonly from: string;
  readonly isSet: boolean;
}

const at = (settings: Plain, path: readonly string[]): unknown =>
  path.reduce<unknown>((under, step) => (isPlain(under) ? under[step] : undefined), settings);

const ofCheck = (
  check: AnyCheck,
  [key, option = '']: readonly string[],
  seen: Seen,
): Omit<Setting, 'path' | 'isSet'> => {
  if (key === 'mode') return { value: 'enforce', from: 'default' };
  if (key === 'contexts') return { value: check.contexts, from: 'default' };
  const { profile } = seen.prejob;
  const { fromProfile } = ((check.options ?? {}) as Record<string, Option>)[option] ?? {};
  const isOfProfile = fromProfile !== undefined && profile.limits[fromProfile]?.ok === true;
  return {
    value: resolveOptions(check, {}, profile)[option],
    from: isOfProfile ? `profile ${profile.id}` : 'default',
  };
};

const ofSource = (collector: AnyCollector | undefined, key: string | undefined): Omit<Setting, 'path' | 'isSet'> => {
  if (key === 'optional') return { value: false, from: 'default' };
  const schedule = collector?.schedule;
  if (schedule === undefined) return { value: undefined, from: 'default' };
  if (schedule === 'once') return { value: 'once', from: 'default' };
  return { value: 'cron' in schedule ? schedule.cron : `${schedule.everySeconds}s`, from: 'default' };
};

const unset = (path: readonly string[], seen: Seen): Omit<Setting, 'path' | 'isSet'> => {
  const [section, name, ...rest] = path;
  const check = section === 'checks' ? checks.find(({ id }) => id === name) : undefined;
  if (check !== undefined) return ofCheck(check, rest, seen);
  if (section === 'sources') {
    const source = seen.sources.find(({ collector }) => collector.id === name);
    return ofSource(source?.collector, rest[0]);
  }
  if (section === 'tools') return { value: `${name} on PATH`, from: 'default' };
  const { value, from = 'default' } = unsetValue(path.join('.'), seen.config, seen.env) ?? { value: undefined };
  return { value, from };
};

/** Arguments of a plugin may hold a password, and what doctor prints is pasted into tickets. */
const withoutArguments = (path: readonly string[], value: unknown): unknown => {
  if (path.join('.') !== 'plugins.executables' || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([id, one]) => [
      id,
      isPlain(one) && Array.isArray(one.args) ? { ...one, args: `${one.args.length} not shown` } : one,
    ]),
  );
};

const settingOf = (path: readonly string[], seen: Seen): Setting => {
  const layer: Layer | undefined = seen.layers.findLast(({ settings }) => at(settings, path) !== undefined);
  if (layer !== undefined) {
    const value = withoutArguments(path, at(layer.settings, path));
    return { path, value, from: layer.at(path), isSet: true };
  }
  return { path, ...unset(path, seen), isSet: false };
};

const shown = (value: unknown): string => {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** A path that the configuration names and at which no tool is. */
const toolProblems = async ({ config, layers, machine }: Seen): Promise<readonly Problem[]> => {
  const found = await Promise.all(
    Object.keys(config.tools).map(async (tool) => ({ tool, at: await machine.toolAt(tool) })),
  );
  return found.flatMap(({ tool, at: path }) => {
    if (path.ok) return [];
    const layer = layers.findLast(({ settings }) => at(settings, ['tools', tool]) !== undefined);
    const about = `${layer?.at(['tools', tool]) ?? ''} tools.${tool}`;
    return [
      { about, message: path.detail, cure: 'name where it is, or take the line out: then it is looked for on PATH' },
    ];
  });
};

/** Where each setting comes from; what nobody touched of a check is only counted here, and listed in JSON. */
export const configurationSection = async (seen: Seen): Promise<Section> => {
  const settings = settingPaths(checks)
    // Each file adds its own: they have a section for themselves.
    .filter(([first]) => first !== 'suppressions')
    .map((path) => settingOf(path, seen));
  const ofChecks = settings.filter(({ path: [section], isSet }) => section === 'checks' && !isSet);
  const listed = settings.filter((setting) => !ofChecks.includes(setting));
  return {
    name: 'configuration',
    problems: await toolProblems(seen),
    lines: [
      ...columns(listed.map(({ path, value, from }) => [path.join('.'), shown(value), from])),
      `and ${ofChecks.length} settings of checks at their defaults; muster doctor -o json lists them`,
    ],
    json: settings.map(({ path, value, from }) => ({
      path: path.join('.'),
      ...(value === undefined ? {} : { value }),
      from,
    })),
  };
};
