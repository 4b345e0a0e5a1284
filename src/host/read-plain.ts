import { readFile, stat } from 'node:fs/promises';

/** The text of a plain file; anything else (a pipe, a device, a directory) is refused, for reading it may never end. */
export const readPlain = async (file: string): Promise<string> => {
  if (!(await stat(file)).isFile())
    throw Object.assign(new Error(`${file}: not a plain file`), { code: 'not a plain file' });
  return readFile(file, 'utf8');
};
