import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { configError } from '../errors.ts';

const OTHERS = 0o007;
const WRITE_BY_GROUP_OR_OTHERS = 0o022;

type Owned = Pick<Stats, 'uid' | 'mode'>;

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

const strangerOwns = (path: string, { uid }: Owned): string | undefined => {
  const own = process.getuid?.() ?? uid;
  if (uid === 0 || uid === own) return undefined;
  return `${path}: belongs to uid ${uid}, who could change it; run chown root ${path}`;
};

const strangersWrite = (path: string, { mode }: Owned): string | undefined =>
  (mode & WRITE_BY_GROUP_OR_OTHERS) === 0
    ? undefined
    : `${path}: its group or others may write it (mode ${octal(mode)}); run chmod go-w ${path}`;

const strangersReach = (path: string, { mode }: Owned): string | undefined =>
  (mode & OTHERS) === 0
    ? undefined
    : `${path}: holds a secret, and others may reach it (mode ${octal(mode)}); run chmod 640 ${path}`;

/**
 * Why a file or directory must not be believed or run, in one line that says what to do; nothing where it belongs to
 * root or to this process's user and nobody else may write it. Links are followed, because what counts is what is used.
 * Throws what `stat` throws where there is nothing.
 */
export const untrusted = (path: string): string | undefined => {
  const stats = statSync(path);
  return strangerOwns(path, stats) ?? strangersWrite(path, stats);
};

const STICKY = 0o1000;

/**
 * The same of the directories on the way to a file: who may write one of them can put another file in its place. In a
 * sticky one, such as /tmp, strangers can neither rename nor remove what is not theirs (inode(7), S_ISVTX).
 */
export const untrustedWay = (file: string): string | undefined => {
  for (let path = dirname(file); ; path = dirname(path)) {
    const stats = statSync(path);
    const isSticky = (stats.mode & STICKY) !== 0;
    const problem = strangerOwns(path, stats) ?? (isSticky ? undefined : strangersWrite(path, stats));
    if (problem !== undefined || path === dirname(path)) return problem;
  }
};

/**
 * Reads a file that decides who gets in. Throws a coded error where somebody but root and this process's user may
 * write it or, with `secret`, where others may read it. Owner and mode are those of the open file, so that it cannot
 * be exchanged in between.
 */
export const readTrusted = (file: string, { secret }: { readonly secret: (text: string) => boolean }): string => {
  let opened: number | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(opened);
    if (!stats.isFile()) throw configError(`${file}: is not a regular file; name a file`);
    const text = readFileSync(opened, 'utf8');
    const problem =
      strangerOwns(file, stats) ??
      (secret(text) ? strangersReach(file, stats) : undefined) ??
      strangersWrite(file, stats);
    if (problem !== undefined) throw configError(problem);
    return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MUSTER_CONFIG') throw error;
    throw configError(`${file}: cannot be read (${code}); check the path and its permissions`);
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
};
