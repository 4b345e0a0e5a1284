import * as v from 'valibot';
import type { AnyCheck } from '../api.ts';
import { configError } from '../errors.ts';
import { readText } from './files.ts';
import type { Plain } from './plain.ts';
import { configSchema } from './schema.ts';
import { parseYaml } from './yaml-file.ts';

/** A configuration file that holds what the schema allows, with a way to name the line and column of a path in it. */
export const validatedFile = (
  file: string,
  checks: readonly AnyCheck[],
): { readonly settings: Plain; readonly at: (path: readonly string[]) => string } => {
  const { data, at } = parseYaml(file, readText(file));
  const result = v.safeParse(configSchema(checks), data);
  if (result.success) return { settings: data, at };
  const [issue] = result.issues;
  const path = issue.path?.map(({ key }) => String(key)) ?? [];
  throw configError(`${at(path)} ${path.join('.')}: ${issue.message}; see docs/configuration.md`);
};
