import * as v from 'valibot';
import type { AnyCheck, Option } from '../api.ts';

/** "30s", "5m", "1h", "35d": whole seconds, minutes, hours or days. */
const duration = v.pipe(
  v.string(),
  v.regex(/^[1-9][0-9]*(s|m|h|d)$/, 'is not a duration: write for example 30s, 5m or 1h'),
);

const atLeast = (least: number) => v.pipe(v.number(), v.minValue(least, `must be at least ${least}`));

const absolutePath = v.pipe(v.string(), v.startsWith('/', 'is not an absolute path'));

const listen = v.pipe(
  v.string(),
  v.regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):[0-9]{1,5}$/, 'is not an address: write host:port, for example 127.0.0.1:9780'),
);

const optionValue = (option: Option): v.GenericSchema => {
  const { default: value } = option;
  if (typeof value === 'number')
    return v.pipe(v.number(`must be a number${option.unit === undefined ? '' : ` (${option.unit})`}`), v.finite());
  if (typeof value === 'boolean') return v.boolean('must be true or false');
  if (typeof value === 'string') return v.string('must be a text');
  return v.array(v.string());
};

const checkEntry = (check: AnyCheck) => {
  const options = Object.entries((check.options ?? {}) as Record<string, Option>);
  return v.optional(
    v.strictObject({
      mode: v.optional(v.picklist(['enforce', 'observe', 'off'], 'must be enforce, observe or off')),
      options: v.optional(
        v.strictObject(Object.fromEntries(options.map(([name, option]) => [name, v.optional(optionValue(option))]))),
      ),
    }),
  );
};

/** The configuration file. The entries under `checks` follow from what the checks declare. */
export const configSchema = (checks: readonly AnyCheck[]) =>
  v.strictObject({
    node: v.optional(v.strictObject({ name: v.optional(v.string()) })),
    machine: v.optional(v.string()),
    gpus: v.optional(v.picklist(['expected', 'none'], 'must be expected or none')),
    tools: v.optional(v.record(v.string(), absolutePath)),
    sources: v.optional(
      v.record(v.string(), v.strictObject({ optional: v.optional(v.boolean()), every: v.optional(duration) })),
    ),
    kernel_log: v.optional(
      v.strictObject({ trust: v.optional(v.picklist(['kernel', 'any'], 'must be kernel or any')) }),
    ),
    nics: v.optional(
      v.strictObject({
        roles: v.optional(
          v.array(
            v.strictObject({ match: v.string(), role: v.picklist(['compute', 'storage', 'management', 'unused']) }),
          ),
        ),
      }),
    ),
    checks: v.optional(v.strictObject(Object.fromEntries(checks.map((check) => [check.id, checkEntry(check)])))),
    web: v.optional(v.strictObject({ listen: v.optional(listen), config_file: v.optional(absolutePath) })),
    control: v.optional(v.strictObject({ group: v.optional(v.string()) })),
    events: v.optional(v.strictObject({ max_mb: v.optional(atLeast(1)), max_age: v.optional(duration) })),
    guard: v.optional(
      v.strictObject({
        memory_mb: v.optional(atLeast(50)),
        cpu_percent: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(100))),
      }),
    ),
    metrics: v.optional(
      v.strictObject({
        detail: v.optional(v.picklist(['standard', 'minimal'], 'must be standard or minimal')),
        max_series: v.optional(v.pipe(v.number(), v.integer(), v.minValue(50))),
      }),
    ),
    validation: v.optional(
      v.strictObject({ schedule: v.optional(v.string()), level: v.optional(v.picklist(['quick', 'prejob'])) }),
    ),
    log: v.optional(
      v.strictObject({
        level: v.optional(v.picklist(['debug', 'info', 'warn', 'error'])),
        format: v.optional(v.picklist(['text', 'json'], 'must be text or json')),
      }),
    ),
    state_dir: v.optional(absolutePath),
    runtime_dir: v.optional(absolutePath),
  });

export type ConfigFile = v.InferOutput<ReturnType<typeof configSchema>>;
