import { isPlain, type Plain } from './plain.ts';

/** Settings that the environment may give, by their path in the configuration file. */
export const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  MUSTER_NODE_NAME: ['node', 'name'],
  MUSTER_MACHINE: ['machine'],
  MUSTER_GPUS: ['gpus'],
  MUSTER_KERNEL_LOG_TRUST: ['kernel_log', 'trust'],
  MUSTER_WEB_LISTEN: ['web', 'listen'],
  MUSTER_WEB_CONFIG_FILE: ['web', 'config_file'],
  MUSTER_METRICS_DETAIL: ['metrics', 'detail'],
  MUSTER_LOG_LEVEL: ['log', 'level'],
  MUSTER_LOG_FORMAT: ['log', 'format'],
  MUSTER_PLUGINS_DIR: ['plugins', 'directory'],
  MUSTER_STATE_DIR: ['state_dir'],
  MUSTER_RUNTIME_DIR: ['runtime_dir'],
};

/** The variable that gives the setting of this path. */
export const variableOf = (path: readonly string[]): string =>
  Object.keys(ENVIRONMENT).find((name) => ENVIRONMENT[name]?.join('.') === path.join('.')) ?? path.join('.');

type Env = Readonly<Record<string, string | undefined>>;
/** Scalar settings that the environment may give; the environment wins over files. */
export const fromEnvironment = (env: Env): Plain => {
  const set: Plain = {};
  const put = (name: string, path: readonly string[]): void => {
    const value = env[name];
    if (value === undefined || value === '') return;
    let under = set;
    for (const step of path.slice(0, -1)) {
      under[step] = isPlain(under[step]) ? under[step] : {};
      under = under[step] as Plain;
    }
    under[path.at(-1) ?? ''] = value;
  };
  for (const [name, path] of Object.entries(ENVIRONMENT)) put(name, path);
  return set;
};
