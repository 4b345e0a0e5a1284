import type { Config } from '../../config/config.ts';
import { DEFAULT_CPU_PERCENT, DEFAULT_LISTEN, DEFAULT_MAX_SERIES } from '../../config/config.ts';

/** What holds where nothing is set, in words or as a value. */
interface Unset {
  readonly value: unknown;
  /** Where it comes from, if not from Muster itself. */
  readonly from?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const nodeName = (config: Config, env: Env): Unset => {
  const variable = ['SLURMD_NODENAME', 'NODE_NAME'].find((name) => env[name] !== undefined);
  return { value: config.nodeName, from: variable ?? 'the host name' };
};

/** By the path of the setting. One that is not listed holds nothing until somebody sets it. */
const UNSET: Readonly<Record<string, (config: Config, env: Env) => Unset>> = {
  'node.name': nodeName,
  machine: () => ({ value: 'by its GPUs' }),
  gpus: () => ({ value: 'expected' }),
  'kernel_log.trust': () => ({ value: 'kernel' }),
  'nics.roles': () => ({ value: 'by their place' }),
  'web.listen': () => ({ value: DEFAULT_LISTEN }),
  'control.group': () => ({ value: 'root alone' }),
  'events.max_mb': () => ({ value: 16 }),
  'events.max_age': () => ({ value: '35d' }),
  'guard.memory_mb': () => ({ value: 'the limit of the control group' }),
  'guard.cpu_percent': () => ({ value: DEFAULT_CPU_PERCENT }),
  'stragglers.enabled': () => ({ value: true }),
  'metrics.detail': () => ({ value: 'standard' }),
  'metrics.max_series': () => ({ value: DEFAULT_MAX_SERIES }),
  'validation.level': () => ({ value: 'prejob' }),
  'log.level': () => ({ value: 'info' }),
  'log.format': () => ({ value: 'by where it goes' }),
  state_dir: ({ stateDir }) => ({ value: stateDir }),
  runtime_dir: ({ runtimeDir }) => ({ value: runtimeDir }),
};

/** What a setting comes to that nobody set; nothing where it stays open. */
export const unsetValue = (path: string, config: Config, env: Env): Unset | undefined => UNSET[path]?.(config, env);
