import { SaxesParser } from 'saxes';
import type { MachineTree } from '../../src/host/tree.ts';
import { parseFaultSpec } from '../../src/mock/fault-spec.ts';
import type { MachineSpec } from '../../src/mock/machine.ts';
import { builtInMachine } from '../../src/mock/machines.ts';
import type { Result } from '../../src/mock/result.ts';
import { renderWorld } from '../../src/mock/world.ts';

export const START_MS = Date.UTC(2026, 7, 21, 8, 54, 1);

export const value = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
export const errorOf = (result: Result<unknown>): string => (result.ok ? 'no error' : result.error);

export const machineNamed = (name: string): MachineSpec => value(builtInMachine(name));

/** The tree of `MACHINE+FAULT…` some seconds after its start. */
export const treeOf = (spec: string, seconds = 0, seed = 'test'): MachineTree =>
  renderWorld({ ...value(parseFaultSpec(spec)), seed, startMs: START_MS, atMs: START_MS + seconds * 1000 });

export const file = (tree: MachineTree, path: string): string => {
  const text = tree.get(path);
  if (text === undefined) throw new Error(`no ${path} in the tree`);
  return text;
};

/** What `--query-gpu` is answered from says the same as `-q -x` (query-gpu.test.ts). */
const isQuery = (path: string): boolean => path.startsWith('commands/query-gpu/');

/** Paths that are there on one side only, or differ. */
export const changedPaths = (a: MachineTree, b: MachineTree): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((path) => !isQuery(path) && a.get(path) !== b.get(path)).sort();

export interface Leaf {
  readonly path: string;
  readonly text: string;
}

/** Leaves of an nvidia-smi XML by GPU: `header`, then one list a GPU under its PCI bus id. */
export const xmlLeaves = (xml: string): ReadonlyMap<string, readonly Leaf[]> => {
  const byGpu = new Map<string, Leaf[]>([['header', []]]);
  const parser = new SaxesParser();
  const stack: { name: string; leaf: boolean }[] = [];
  let gpu = 'header';
  let text = '';
  parser.on('opentag', (tag) => {
    const parent = stack.at(-1);
    if (parent) parent.leaf = false;
    stack.push({ name: tag.name, leaf: true });
    text = '';
    if (tag.name === 'gpu') {
      gpu = `${tag.attributes.id}`;
      byGpu.set(gpu, []);
    }
  });
  parser.on('text', (chunk) => {
    text += chunk;
  });
  parser.on('closetag', (tag) => {
    const path = stack.map((element) => element.name).join('/');
    if (stack.pop()?.leaf) byGpu.get(gpu)?.push({ path, text: text.trim() });
    text = '';
    if (tag.name === 'gpu') gpu = 'header';
  });
  parser.write(xml).close();
  return byGpu;
};

/** `00000000:61:00.0 temperature/gpu_temp` for each leaf that differs; `GPU absent` where a whole GPU is gone. */
export const changedLeaves = (a: string, b: string): string[] => {
  const left = xmlLeaves(a);
  const right = xmlLeaves(b);
  const changes: string[] = [];
  for (const [gpu, leaves] of left) {
    const others = right.get(gpu);
    if (!others) {
      changes.push(`${gpu} absent`);
      continue;
    }
    const short = (path: string): string => path.replace(/^nvidia_smi_log\/(gpu\/)?/, '');
    const now = new Map(others.map((leaf) => [leaf.path, leaf.text]));
    const before = new Map(leaves.map((leaf) => [leaf.path, leaf.text]));
    for (const path of new Set([...before.keys(), ...now.keys()])) {
      if (before.get(path) !== now.get(path)) changes.push(`${gpu} ${short(path)}`);
    }
  }
  return changes.sort();
};
