import { configError } from '../errors.ts';
import { machineIds } from '../knowledge/profiles/index.ts';
import type { Config } from './config.ts';

/** The configuration with the machine that `--machine` names; a name that no profile has is refused, and where it stands. */
export const withMachine = (config: Config, flag: string | undefined): Config => {
  const machine = flag ?? config.machine;
  if (machine === undefined) return config;
  const ids = machineIds(config.siteProfiles);
  if (ids.includes(machine)) return { ...config, machine };
  const setBy = flag === undefined ? (config.machineSetBy ?? 'machine') : '--machine';
  throw configError(`${setBy}: ${machine} is no machine profile; known are ${ids.join(', ')}`);
};
