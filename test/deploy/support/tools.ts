import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export const DEPLOY = resolve(import.meta.dirname, '../../../deploy');

/** Whether a tool is on PATH; a test that needs it is skipped where it is not. */
export const hasTool = (name: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, name)));

/** Added to the title of a test, so that a skipped one says why. */
export const needs = (tool: string): string => (hasTool(tool) ? '' : ` (skipped: ${tool} is not installed)`);

/** What a tool said, standard output and error together. */
export const runTool = (tool: string, args: readonly string[], cwd = DEPLOY): { code: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd, encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
};

/** Every file below deploy/ with this ending, relative to it. */
export const deployFiles = (...endings: readonly string[]): readonly string[] =>
  readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .sort();
