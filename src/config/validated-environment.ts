import * as v from 'valibot';
import { configError } from '../errors.ts';
import { variableOf } from './environment.ts';
import type { Plain } from './plain.ts';
import { configSchema } from './schema.ts';

/** Settings from the environment that the schema allows. */
export const validatedEnvironment = (settings: Plain, env: Readonly<Record<string, string | undefined>>): Plain => {
  // No variable sets an option of a check, so their part of the schema is not built.
  const result = v.safeParse(configSchema([]), settings);
  if (result.success) return settings;
  const name = variableOf(result.issues[0].path?.map(({ key }) => String(key)) ?? []);
  throw configError(`${name}=${env[name] ?? ''}: ${result.issues[0].message}; correct or unset the variable`);
};
