import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { absent, known, type Reading } from '../api.ts';
import { errorCode } from './errno.ts';
import { readManifest } from './manifest.ts';
import { printedMs, timesOf } from './moment-times.ts';
import type { Moment } from './playback.ts';
import { readPlain } from './read-plain.ts';
import { readTree } from './read-tree.ts';
import type { MachineTree } from './tree.ts';
import { ABSENCES } from './tree-answers.ts';

/** What a machine said over one or more samples. */
export interface Recording {
  readonly node: string;
  /** Empty when the recording does not say. */
  readonly bootId: string;
  readonly samples: readonly Moment[];
}

/** A problem with a recording, in one line that names the file and what to do. */
const wrong = (detail: string) => absent('failed', detail);

const MAKE_ONE = 'make a recording with `muster collect --save DIR`';

const XML_KEY = 'commands/nvidia-smi_-q_-x.out';

const readXml = async (file: string, modifiedMs: number): Promise<Reading<Recording>> => {
  const text = await readPlain(file);
  if (!text.slice(0, 4096).includes('<nvidia_smi_log')) {
    return wrong(`${file}: neither a recording directory nor the output of \`nvidia-smi -q -x\`; ${MAKE_ONE}`);
  }
  const tree: MachineTree = new Map([[XML_KEY, text]]);
  return known({
    node: basename(file, extname(file)),
    bootId: '',
    samples: [{ tree, at: printedMs(tree) ?? modifiedMs }],
  });
};

const sampleDirectories = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(join(directory, 'samples')).catch(() => []);
  const numbered = names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
  if (numbered.length > 0) return numbered.map((name) => join(directory, 'samples', name));
  // One moment without the frame around it: the layout of a tree.
  const own = await readdir(directory);
  return own.some((name) => ['commands', 'sys', 'proc'].includes(name)) ? [directory] : [];
};

/** The kernel log of all samples; one that is there and cannot be read is no log in which nothing was said. */
const readKmsg = async (directory: string): Promise<(tree: MachineTree) => MachineTree> => {
  try {
    const text = await readPlain(join(directory, 'kmsg'));
    return () => new Map([['kmsg', text]]);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return () => new Map();
    const reason = code === 'EACCES' || code === 'EPERM' ? 'denied' : 'failed';
    return (tree) =>
      new Map([[ABSENCES, `${tree.get(ABSENCES) ?? ''}kmsg\t${reason}: kmsg cannot be read: ${code}\n`]]);
  }
};

const readDirectory = async (directory: string, modifiedMs: number): Promise<Reading<Recording>> => {
  const manifest = await readManifest(join(directory, 'manifest.json'));
  if (!manifest.ok) return manifest;
  const places = await sampleDirectories(directory);
  if (places.length === 0) return wrong(`${directory}: no samples/<n>/ in it; ${MAKE_ONE}`);
  const kmsg = await readKmsg(directory);
  const trees: MachineTree[] = [];
  for (const place of places) {
    const tree = await readTree(place);
    if (!tree.ok) return tree;
    trees.push(new Map([...tree.value, ...kmsg(tree.value)]));
  }
  const { node, bootId, at, sampleTimes } = manifest.value;
  const times = timesOf(trees, sampleTimes, at, modifiedMs);
  return known({
    node: node ?? basename(directory),
    bootId: bootId ?? trees[0]?.get('proc/sys/kernel/random/boot_id')?.trim() ?? '',
    samples: trees.map((tree, i) => ({ tree, at: times[i] ?? modifiedMs })),
  });
};

/** Reads a recording directory, or the output of `nvidia-smi -q -x` as a recording of one command. */
export const readRecording = async (path: string): Promise<Reading<Recording>> => {
  const place = resolve(path);
  try {
    const found = await stat(place);
    return found.isDirectory() ? await readDirectory(place, found.mtimeMs) : await readXml(place, found.mtimeMs);
  } catch (error) {
    const code = errorCode(error);
    return wrong(`${place}: ${code === 'ENOENT' ? `not there; ${MAKE_ONE}` : `cannot be read: ${code}`}`);
  }
};
