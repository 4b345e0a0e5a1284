import { known, type Reading } from '../api.ts';
import { unreadable } from './quantity.ts';

// A kernel that cannot unload modules counts no users and prints `-` (Linux, kernel/module/procfs.c).
const LINE = /^([A-Za-z0-9_]{1,64}) \d+ (?:-?\d+|-) \S+ (Live|Loading|Unloading)\b/;

/** The modules of /proc/modules that are in use; one that is being unloaded is gone for those who need it. */
export const loadedModules = (text: string): Reading<readonly string[]> => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const modules = lines.map((line) => LINE.exec(line));
  const odd = modules.indexOf(null);
  if (odd !== -1) return unreadable(lines[odd] ?? '', 'a line of /proc/modules');
  return known(modules.flatMap((match) => (match?.[1] !== undefined && match[2] !== 'Unloading' ? [match[1]] : [])));
};
