import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { absent, known, type Reading } from '../api.ts';
import type { MachineTree } from './tree.ts';

// The whole of a 16-GPU node is some 10,000 small files and a few MB; beyond these it is no recording.
const MAX_FILES = 200_000;
const MAX_FILE_BYTES = 64 << 20;

/** A directory as a tree. Symbolic links are left out: those of sysfs lead in circles. */
export const readTree = async (directory: string): Promise<Reading<MachineTree>> => {
  const tree = new Map<string, string>();
  const pending = [''];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
      const key = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) pending.push(key);
      if (!entry.isFile()) continue;
      const file = join(directory, key);
      if ((await stat(file)).size > MAX_FILE_BYTES)
        return absent('failed', `${file}: larger than ${MAX_FILE_BYTES} bytes; remove it`);
      if (tree.size >= MAX_FILES)
        return absent('failed', `${directory}: more than ${MAX_FILES} files; is it a recording?`);
      tree.set(key, await readFile(file, 'utf8'));
    }
  }
  return known(tree);
};
