import type { Config } from '../../config/config.ts';
import { MAX_AGE_SECONDS, MAX_BYTES } from '../../store/event-log.ts';

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
  gpus: ({ gpus }) => ({ value: gpus }),
  'kernel_log.trust': ({ kernelLogTrust }) => ({ value: kernelLogTrust }),
  'nics.roles': () => ({ value: 'by their place' }),
  'web.listen': ({ webListen }) => ({ value: webListen }),
  'control.group': () => ({ value: 'root alone' }),
  'events.max_mb': () => ({ value: MAX_BYTES / 2 ** 20 }),
  'events.max_age': () => ({ value: `${MAX_AGE_SECONDS / 86_400}d` }),
  'guard.memory_mb': () => ({ value: 'the limit of the control group' }),
  'guard.cpu_percent': ({ guard }) => ({ value: guard.cpuRatio * 100 }),
  'stragglers.enabled': ({ stragglers }) => ({ value: stragglers }),
  'metrics.detail': ({ metricsDetail }) => ({ value: metricsDetail }),
  'metrics.max_series': ({ metricsMaxSeries }) => ({ value: metricsMaxSeries }),
  'validation.level': ({ validation }) => ({ value: validation.level }),
  'log.level': ({ logLevel }) => ({ value: logLevel }),
  'log.format': () => ({ value: 'by where it goes' }),
  state_dir: ({ stateDir }) => ({ value: stateDir }),
  runtime_dir: ({ runtimeDir }) => ({ value: runtimeDir }),
};

/** What a setting comes to that nobody set; nothing where it stays open. */
export const unsetValue = (path: string, config: Config, env: Env): Unset | undefined => UNSET[path]?.(config, env);
