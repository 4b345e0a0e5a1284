import { configError } from '../errors.ts';
import { machineIds } from '../knowledge/profiles/index.ts';
import type { Config } from './config.ts';

/** The configuration with the machine that `--machine` names; a name that no profile has is refused. */
export const withMachine = (config: Config, flag: string | undefined): Config => {
  const machine = flag ?? config.machine;
  if (machine === undefined) return config;
  const ids = machineIds(config.siteProfiles);
  if (ids.includes(machine)) return { ...config, machine };
  throw configError(
    `${flag === undefined ? 'machine' : '--machine'} ${machine}: no such machine profile; known are ${ids.join(', ')}`,
  );
};
