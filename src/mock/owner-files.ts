import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachineTree } from '../host/tree.ts';

const KMSG = 'kmsg';
/** `commands/…` of a tree are the answers of the tools in the directory of a simulation. */
const placeOf = (path: string): string => path.replace(/^commands\//, 'answers/');

/**
 * Keeps a directory equal to a sequence of trees. A file that changes is replaced by rename, so that no reader sees
 * half of it; one that does not change is not touched; the kernel log only grows, as a reader follows it by offset.
 */
export const treeWriter = (dir: string): ((tree: MachineTree) => void) => {
  let written: MachineTree = new Map();
  const folders = new Set<string>();
  const replace = (path: string, text: string): void => {
    const target = join(dir, placeOf(path));
    const folder = dirname(target);
    if (!folders.has(folder)) {
      mkdirSync(folder, { recursive: true });
      folders.add(folder);
    }
    writeFileSync(`${target}.new`, text);
    renameSync(`${target}.new`, target);
  };
  return (tree) => {
    for (const [path, text] of tree) {
      const before = written.get(path);
      if (before === text) continue;
      if (path === KMSG && before !== undefined && text.startsWith(before)) {
        appendFileSync(join(dir, KMSG), text.slice(before.length));
      } else {
        replace(path, text);
      }
    }
    for (const path of written.keys()) if (!tree.has(path)) rmSync(join(dir, placeOf(path)), { force: true });
    written = tree;
  };
};
