import { join } from 'node:path';
import { absent, known, type S } from '../api.ts';

export interface Roots {
  readonly sysfsRoot: string;
  readonly procRoot: string;
  /** Prefix of every other path. */
  readonly fsRoot: string;
}

const below = (root: string, path: string): string | undefined =>
  path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;

/** Where a path of the machine lies: a container mounts the host's `/sys` elsewhere, a simulated machine brings its own. */
export const locate = (path: string, { sysfsRoot, procRoot, fsRoot }: Roots): S => {
  if (!path.startsWith('/')) return absent('failed', `${path}: not an absolute path`);
  if (path.includes('\0')) return absent('failed', 'a path with a NUL byte');
  if (path.split('/').includes('..')) return absent('failed', `${path}: leads upwards`);
  const inSysfs = below('/sys', path);
  if (inSysfs !== undefined) return known(join(sysfsRoot, inSysfs));
  const inProc = below('/proc', path);
  if (inProc !== undefined) return known(join(procRoot, inProc));
  return known(join(fsRoot === '' ? '/' : fsRoot, path));
};
