import type { Host } from '../../src/api.ts';
import { treeHost } from '../../src/host/tree-host.ts';

/** A machine of these files and commands, of which nothing else is there; `at` is its time (Unix ms). */
export const machineOf = (files: Readonly<Record<string, string>> | ReadonlyMap<string, string>, at = 0): Host =>
  treeHost(files instanceof Map ? files : new Map(Object.entries(files)), {
    at,
    recordedRoots: ['sys', 'proc', 'kmsg'],
  });

/** Files below one directory of a machine. */
export const below = (directory: string, files: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]));
