import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checks } from '../../checks/index.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { temporaryDirectory } from './temporary.ts';

const EMPTY = { MUSTER_PROFILES_DIR: '/nonexistent' };

/** What a configuration of this text comes to. */
export const configured = (yaml: string, env: Readonly<Record<string, string>> = {}): Promise<Config> => {
  const file = join(temporaryDirectory(), 'muster.yaml');
  writeFileSync(file, yaml);
  return loadConfig({ file, env: { ...EMPTY, ...env }, checks });
};

/** What it is refused with, without the file's directory. */
export const refused = async (yaml: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
  const error = await configured(yaml, env).catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(Error);
  return (error as Error).message.replace(/\S*\/(?=muster\.yaml:)/, '');
};
