import { basename, extname } from 'node:path';

/** The node that a log is of: the file's name without its extension, in whatever directory it lies. */
export const nodeOfFile = (path: string): string => {
  const name = basename(path);
  const node = basename(name, extname(name));
  return node === '' ? name : node;
};
