import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { absent, known, type S } from '../api.ts';
import { errorCode } from './errno.ts';

/** Where tools are looked for when PATH is unset or empty, as in a Slurm prolog (slurm.schedmd.com/prolog_epilog.html). */
export const FALLBACK_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The PATH in force. */
export const searchPath = (path: string | undefined): string =>
  path === undefined || path === '' ? FALLBACK_PATH : path;

/** The name under which a tool has its slot and its abandoned children, however it was spelled. */
export const toolName = (tool: string): string => tool.slice(tool.lastIndexOf('/') + 1);

export interface ToolLocations {
  readonly path?: string | undefined;
  /** Absolute paths by tool name, from the configuration. */
  readonly tools?: Readonly<Record<string, string>>;
}

const executable = async (file: string): Promise<S> => {
  try {
    if (!(await stat(file)).isFile()) return absent('no-tool', `${file} is not a file`);
    await access(file, constants.X_OK);
    return known(file);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EACCES' || code === 'EPERM') return absent('denied', `${file} may not be executed (${code})`);
    return absent('no-tool', `${file} is not there (${code})`);
  }
};

/** The file to execute: as configured, as given when it is a path, else the first executable one on PATH. */
export const findTool = async (tool: string, { path, tools = {} }: ToolLocations): Promise<S> => {
  const configured = Object.hasOwn(tools, tool) ? tools[tool] : undefined;
  const fixed = configured ?? (tool.includes('/') ? tool : undefined);
  if (fixed !== undefined) {
    const said = configured === undefined ? '' : ` (configured path of ${tool})`;
    if (!isAbsolute(fixed)) return absent('no-tool', `${fixed}${said} is not an absolute path`);
    const found = await executable(fixed);
    return found.ok ? found : absent(found.reason, `${found.detail}${said}`);
  }
  const directories = searchPath(path).split(':').filter(isAbsolute);
  let denied: S | undefined;
  for (const directory of directories) {
    const found = await executable(`${directory.replace(/\/+$/, '')}/${tool}`);
    if (found.ok) return found;
    if (found.reason === 'denied') denied ??= found;
  }
  return denied ?? absent('no-tool', `${tool} is not on PATH`);
};
