import * as v from 'valibot';
import type { AnyCheck } from '../api.ts';
import { configError } from '../errors.ts';
import { readText } from './files.ts';
import type { Plain } from './plain.ts';
import { configSchema } from './schema.ts';
import { parseYaml } from './yaml-file.ts';

/** A configuration file that holds what the schema allows. */
export const validatedFile = (file: string, checks: readonly AnyCheck[]): Plain => {
  const { data, at } = parseYaml(file, readText(file));
  const result = v.safeParse(configSchema(checks), data);
  if (result.success) return data;
  const [issue] = result.issues;
  const path = issue.path?.map(({ key }) => String(key)) ?? [];
  const words = issue.type === 'strict_object' ? 'is not a setting that Muster knows' : issue.message;
  throw configError(`${at(path)} ${path.join('.')}: ${words}; see docs/configuration.md`);
};
