import { MusterError } from '../../errors.ts';

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there; run as root or choose another runtime_dir',
  EPERM: 'this user may not do that there; run as root or choose another runtime_dir',
  EROFS: 'the file system is read-only; choose another runtime_dir',
  ENOSPC: 'the file system is full; make room or choose another runtime_dir',
  ENOENT: 'the directory cannot be made there; choose another runtime_dir',
};

/** One line: what happened, where, what to do. */
export const socketError = (path: string, problem: string): MusterError =>
  new MusterError('MUSTER_SOCKET', `${path}: ${problem}`);

/** The same for an error of the operating system. */
export const systemSocketError = (path: string, error: unknown): MusterError => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return socketError(path, `${code === '' ? message : code}: ${WHAT_TO_DO[code] ?? 'correct runtime_dir'}`);
};

export const errorCode = (error: unknown): string => String((error as NodeJS.ErrnoException).code);
