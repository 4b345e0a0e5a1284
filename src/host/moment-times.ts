import type { MachineTree } from './tree.ts';

// Between the two samples of a pre-job validation; taken where a recording says nothing at all about its times.
const SPACING_MS = 5000;

const uptimeMs = (tree: MachineTree): number | undefined => {
  const seconds = Number.parseFloat(tree.get('proc/uptime') ?? '');
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
};

/**
 * The time that `nvidia-smi -q -x` prints (Unix ms). It is `Wed Nov 20 11:48:03 2024` in the node's own zone, which is
 * not printed; read as UTC, so that it is the same everywhere.
 */
export const printedMs = (tree: MachineTree): number | undefined => {
  const printed = /<timestamp>([^<]+)<\/timestamp>/.exec(tree.get('commands/nvidia-smi_-q_-x.out') ?? '')?.[1];
  const ms = printed === undefined ? Number.NaN : Date.parse(`${printed} UTC`);
  return Number.isNaN(ms) ? undefined : ms;
};

const distance = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined || to < from ? undefined : to - from;

/**
 * When each sample was taken (Unix ms): as the manifest says, else as far after the first as the machine's own clocks
 * say.
 */
export const timesOf = (
  trees: readonly MachineTree[],
  stated: readonly (number | undefined)[],
  startedAt: number | undefined,
  modifiedMs: number,
): readonly number[] => {
  const [first] = trees;
  if (first === undefined) return [];
  const start = stated[0] ?? startedAt ?? printedMs(first) ?? modifiedMs;
  return trees.map((tree, i) => {
    if (i === 0) return start;
    const since =
      distance(uptimeMs(first), uptimeMs(tree)) ?? distance(printedMs(first), printedMs(tree)) ?? i * SPACING_MS;
    return stated[i] ?? start + since;
  });
};
