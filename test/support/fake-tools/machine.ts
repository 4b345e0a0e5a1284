import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachineTree } from '../../../src/host/tree.ts';
import { isRunning, type Sandbox } from '../cli.ts';
import { momentsOf } from '../judge-machine.ts';

/** A machine put together by hand: a tree of files, a kernel log and only those tools that a test gives it. */
export interface HandMade {
  /** The directory that holds the tools. */
  readonly bin: string;
  /** Points a run at this machine; PATH is the tools' directory and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** Tools that were started and still run. */
  stillRunning(): readonly number[];
}

/** What a simulated machine would show, without its tools. */
export const treeOf = (spec: string): MachineTree => {
  const [first] = momentsOf(spec, [0]);
  if (first === undefined) throw new Error(`${spec} has no moment`);
  return first.tree;
};

/** The answer that `nvidia-smi -q -x` gives on a simulated machine. */
export const descriptionOf = (spec: string): string => treeOf(spec).get('commands/nvidia-smi_-q_-x.out') ?? '';

export const withoutGpus = (tree: MachineTree): MachineTree =>
  new Map([...tree].filter(([path]) => !path.startsWith('sys/bus/pci/') && !path.startsWith('sys/module/nvidia/')));

const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

/** `scripts` by name; each answers in shell, with `$answers` as the directory of `answers`. */
export const handMade = (
  sandbox: Sandbox,
  tree: MachineTree,
  scripts: Readonly<Record<string, string>>,
  answers: Readonly<Record<string, string>> = {},
): HandMade => {
  const { dir } = sandbox;
  const bin = join(dir, 'bin');
  const pids = join(dir, 'pids');
  mkdirSync(bin, { recursive: true });
  // Roots that nothing in the tree falls below must be there all the same.
  for (const root of ['sys', 'proc', 'answers']) mkdirSync(join(dir, root), { recursive: true });
  for (const [path, text] of tree) if (!path.startsWith('commands/')) write(join(dir, path), text);
  for (const [name, text] of Object.entries(answers)) write(join(dir, 'answers', name), text);
  for (const [name, script] of Object.entries(scripts)) {
    const file = join(bin, name);
    write(file, `#!/bin/sh\necho $$ >> '${pids}'\nanswers='${join(dir, 'answers')}'\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return {
    bin,
    env: {
      ...sandbox.env,
      PATH: bin,
      MUSTER_SYSFS_ROOT: join(dir, 'sys'),
      MUSTER_PROC_ROOT: join(dir, 'proc'),
      MUSTER_KMSG: join(dir, 'kmsg'),
    },
    stillRunning: () =>
      (existsSync(pids) ? readFileSync(pids, 'utf8') : '')
        .split('\n')
        .filter((line) => line !== '')
        .map(Number)
        .filter(isRunning),
  };
};
