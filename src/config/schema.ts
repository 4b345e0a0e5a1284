import * as v from 'valibot';
import { ACTIONS, type AnyCheck, type Option } from '../api.ts';
import { secondsOf, timeOf } from '../duration.ts';
import { PIN_NAMES } from '../knowledge/profiles/pins.ts';
import { MOST_PLUGIN_CODES, PLUGIN_CODE, PLUGIN_ID, PLUGIN_ID_LENGTH, PLUGIN_PROTOCOLS } from './config.ts';
import { SOURCES, TOOLS } from './known-names.ts';
import { rangeOf } from './option-range.ts';

const text = v.string('must be a text');
const flag = v.boolean('must be true or false');
const number = () => v.number('must be a number');

/** `debug, info, warn or error` */
const inWords = (values: readonly string[]): string => values.join(', ').replace(/, ([^,]*)$/, ' or $1');

const oneOf = <const T extends readonly string[]>(values: T) => v.picklist(values, `must be ${inWords(values)}`);

const list = <T extends v.GenericSchema>(item: T) => v.array(item, 'must be a list');

/** What is wrong with an entry of a section: its name, that it is missing, or that it is no section at all. */
const sectionWords =
  (unknown: string) =>
  ({ expected, received }: v.StrictObjectIssue): string => {
    if (expected === 'never') return unknown;
    return received === 'undefined' ? 'is missing' : 'must hold keys and values';
  };

const section = <const T extends v.ObjectEntries>(entries: T, unknown = 'is not a setting that Muster knows') =>
  v.strictObject(entries, sectionWords(unknown));

/** A section that may hold the same under each of these names. */
const named = <const N extends string, T extends v.GenericSchema>(kind: string, names: readonly N[], value: T) =>
  section(
    Object.fromEntries(names.map((name) => [name, v.optional(value)])) as Record<N, v.OptionalSchema<T, undefined>>,
    `is not a ${kind} that Muster knows; known are ${names.join(', ')}`,
  );

/** "30s", "5m", "1h", "35d": whole seconds, minutes, hours or days. */
const duration = v.pipe(text, v.regex(/^[1-9][0-9]*(s|m|h|d)$/, 'is not a duration: write for example 30s, 5m or 1h'));

/** Node's timers hold 24.8 days (2^31 ms, nodejs.org/api/timers.html), and the first period may be twice as long. */
const MOST_SECONDS = 7 * 86_400;
const interval = v.pipe(
  duration,
  v.check((written) => secondsOf(written) <= MOST_SECONDS, 'must be at most 7d'),
);

const atLeast = (least: number) => v.pipe(number(), v.minValue(least, `must be at least ${least}`));

const absolutePath = v.pipe(text, v.startsWith('/', 'is not an absolute path'));

const listen = v.pipe(
  text,
  v.regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):[0-9]{1,5}$/, 'is not an address: write host:port, for example 127.0.0.1:9780'),
);

const words = 'must be a version or a list of versions, as text: quote what looks like a number';
const version = v.pipe(v.string(words), v.nonEmpty('must not be empty'));
const versions = v.union([version, v.pipe(v.array(version), v.minLength(1, 'must not be empty'))], words);

const optionValue = (option: Option): v.GenericSchema => {
  const { default: value, unit } = option;
  if (typeof value === 'number') {
    const { least, most, words } = rangeOf(unit);
    const bounds = [
      ...(least === undefined ? [] : [v.minValue<number, number, string>(least, words)]),
      ...(most === undefined ? [] : [v.maxValue<number, number, string>(most, words)]),
    ];
    return v.pipe(v.number(words), v.finite(words), ...bounds);
  }
  if (typeof value === 'boolean') return flag;
  if (typeof value === 'string') return text;
  return list(text);
};

const optionValues = v.record(v.string(), v.union([number(), flag, text, list(text)], 'is no value of an option'));

/** An entry for a check that a plugin brings: what its options are is known when the plugin is loaded. */
const siteCheckEntry = section({
  mode: v.optional(oneOf(['enforce', 'observe', 'off'])),
  contexts: v.optional(
    v.pipe(list(oneOf(['continuous', 'prejob', 'deep', 'job'])), v.minLength(1, 'must not be empty')),
  ),
  options: v.optional(optionValues),
});

const pluginId = v.pipe(
  text,
  v.regex(PLUGIN_ID, 'is not an id: write <area>/<name>, for example site/cooling'),
  v.maxLength(PLUGIN_ID_LENGTH, `is longer than ${PLUGIN_ID_LENGTH} characters`),
);

const code = v.pipe(text, v.regex(PLUGIN_CODE, 'is not a code: write for example fan-stopped'));

const between = (least: number, most: number) => {
  const words = `must be ${least} to ${most}`;
  return v.pipe(number(), v.minValue(least, words), v.maxValue(most, words));
};

const LONGEST_TIMEOUT_SECONDS = 300;

const timeout = v.pipe(
  duration,
  v.check((written) => secondsOf(written) <= LONGEST_TIMEOUT_SECONDS, 'must be at most 5m'),
);

const executable = v.pipe(
  section({
    command: absolutePath,
    args: v.optional(list(text)),
    every: v.optional(interval),
    timeout: v.optional(timeout),
    protocol: oneOf(PLUGIN_PROTOCOLS),
    title: v.optional(text),
    severity: v.optional(oneOf(['INFO', 'WARNING', 'CRITICAL'])),
    action: v.optional(
      section({
        drain: v.optional(flag),
        then: v.optional(oneOf(ACTIONS)),
      }),
    ),
    codes: v.optional(
      v.pipe(
        list(code),
        v.minLength(1, 'is empty'),
        v.maxLength(MOST_PLUGIN_CODES, `holds more than ${MOST_PLUGIN_CODES}`),
      ),
    ),
  }),
  v.forward(
    v.check(
      ({ protocol, severity }) => severity === undefined || protocol !== 'nagios',
      'is what the exit code of the nagios protocol says; drop it',
    ),
    ['severity'],
  ),
  v.forward(
    v.check(
      ({ protocol, codes }) => codes === undefined || protocol === 'json',
      'are for the json protocol; drop them',
    ),
    ['codes'],
  ),
);

const plugins = section({
  directory: v.optional(absolutePath),
  every: v.optional(interval),
  timeout: v.optional(timeout),
  may_drain: v.optional(list(pluginId)),
  executables: v.optional(v.record(pluginId, executable, 'must hold ids and their executables')),
});

const checkEntry = (check: AnyCheck) => {
  const options = Object.entries((check.options ?? {}) as Record<string, Option>);
  const contexts = v.picklist(check.contexts, `must be ${inWords(check.contexts)}, where ${check.id} can run`);
  return v.optional(
    section({
      mode: v.optional(oneOf(['enforce', 'observe', 'off'])),
      contexts: v.optional(v.pipe(list(contexts), v.minLength(1, 'is empty; mode: off takes a check out everywhere'))),
      options: v.optional(
        section(Object.fromEntries(options.map(([name, option]) => [name, v.optional(optionValue(option))]))),
      ),
    }),
  );
};

const said = v.pipe(text, v.regex(/\S/, 'is empty'));

const time = v.pipe(
  text,
  v.check((written) => !Number.isNaN(timeOf(written)), 'is not a time: write for example 2026-12-01T08:00:00Z'),
);

const suppression = section({
  /** That it matches a check is seen once it is known whether there are plugins. */
  check: said,
  component: v.optional(said),
  owner: said,
  reason: said,
  until: time,
});

/** The configuration file. The entries under `checks` follow from what the checks declare. */
export const configSchema = (checks: readonly AnyCheck[]) =>
  section({
    node: v.optional(section({ name: v.optional(text) })),
    machine: v.optional(text),
    pins: v.optional(named('version to pin', PIN_NAMES, versions)),
    gpus: v.optional(oneOf(['expected', 'none'])),
    tools: v.optional(named('tool', TOOLS, absolutePath)),
    sources: v.optional(named('source', SOURCES, section({ optional: v.optional(flag), every: v.optional(interval) }))),
    kernel_log: v.optional(section({ trust: v.optional(oneOf(['kernel', 'any'])) })),
    nics: v.optional(
      section({
        roles: v.optional(list(section({ match: text, role: oneOf(['compute', 'storage', 'management', 'unused']) }))),
      }),
    ),
    checks: v.optional(
      v.objectWithRest(
        Object.fromEntries(checks.map((check) => [check.id, checkEntry(check)])),
        siteCheckEntry,
        'must hold keys and values',
      ),
    ),
    suppressions: v.optional(list(suppression)),
    plugins: v.optional(plugins),
    web: v.optional(section({ listen: v.optional(listen), config_file: v.optional(absolutePath) })),
    control: v.optional(section({ group: v.optional(text) })),
    events: v.optional(section({ max_mb: v.optional(atLeast(1)), max_age: v.optional(duration) })),
    guard: v.optional(section({ memory_mb: v.optional(atLeast(50)), cpu_percent: v.optional(between(1, 100)) })),
    stragglers: v.optional(section({ enabled: v.optional(flag) })),
    jobs: v.optional(section({ mapping_directory: v.optional(absolutePath) })),
    metrics: v.optional(
      section({
        detail: v.optional(oneOf(['standard', 'minimal'])),
        max_series: v.optional(v.pipe(atLeast(50), v.integer('must be a whole number'))),
      }),
    ),
    validation: v.optional(section({ schedule: v.optional(text), level: v.optional(oneOf(['quick', 'prejob'])) })),
    log: v.optional(
      section({
        level: v.optional(oneOf(['debug', 'info', 'warn', 'error'])),
        format: v.optional(oneOf(['text', 'json'])),
      }),
    ),
    state_dir: v.optional(absolutePath),
    runtime_dir: v.optional(absolutePath),
  });

export type ConfigFile = v.InferOutput<ReturnType<typeof configSchema>>;

/** The paths of all settings, in the order in which they are documented; what is a list is one setting. */
export const settingPaths = (checks: readonly AnyCheck[]): readonly (readonly string[])[] => {
  const below = (schema: unknown, path: readonly string[]): readonly (readonly string[])[] => {
    const { wrapped, entries } = schema as { readonly wrapped?: unknown; readonly entries?: Record<string, unknown> };
    if (wrapped !== undefined) return below(wrapped, path);
    if (entries === undefined) return [path];
    return Object.entries(entries).flatMap(([name, entry]) => below(entry, [...path, name]));
  };
  return below(configSchema(checks), []);
};
