import type { Host } from '../api.ts';
import { playback, type TreeOptions } from './playback.ts';
import type { MachineTree } from './tree.ts';

export interface TreeHostOptions extends TreeOptions {
  /** The machine's clock (Unix ms), which stands still. */
  readonly at: number;
}

/** A machine that is one tree in memory. */
export const treeHost = (tree: MachineTree, { at, ...options }: TreeHostOptions): Host =>
  playback([{ tree, at }], options);
