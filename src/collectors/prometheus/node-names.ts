import type { Minutes } from '../../parse/prometheus/minutes.ts';
import { type MergedGpu, toldAnything } from './merged-gpu.ts';

/** What the node of each GPU is called in the verdict. */
export interface NodeNames {
  readonly nameOf: (gpu: MergedGpu) => string | undefined;
  readonly problems: readonly string[];
}

const bothTold = ([a]: MergedGpu['records'], [b]: MergedGpu['records'], minutes: Minutes): boolean =>
  Array.from({ length: minutes.count }, (_, minute) => minute).some(
    (minute) => toldAnything(a, minutes, minute) && toldAnything(b, minutes, minute),
  );

const identity = ({ records: [{ identity: own }] }: MergedGpu) => own;

/** Two GPUs with one index that report at once: a replaced GPU follows the one before it, a second node does not. */
const clash = (gpus: readonly MergedGpu[], minutes: Minutes): boolean => {
  const byIndex = new Map<number, MergedGpu[]>();
  for (const gpu of gpus) {
    const { index } = identity(gpu);
    if (index === undefined) continue;
    const same = byIndex.get(index) ?? [];
    if (same.some((other) => bothTold(other.records, gpu.records, minutes))) return true;
    byIndex.set(index, [...same, gpu]);
  }
  return false;
};

const groupBy = (gpus: readonly MergedGpu[], key: (gpu: MergedGpu) => string): ReadonlyMap<string, MergedGpu[]> => {
  const groups = new Map<string, MergedGpu[]>();
  for (const gpu of gpus) {
    const group = groups.get(key(gpu)) ?? [];
    groups.set(key(gpu), group);
    group.push(gpu);
  }
  return groups;
};

/** Machines that share a name are told apart by their targets, and left out where those are the same as well. */
export const nodeNames = (gpus: readonly MergedGpu[], minutes: Minutes): NodeNames => {
  const renamed = new Map<MergedGpu, string | undefined>();
  const problems: string[] = [];
  for (const [node, same] of groupBy(gpus, (gpu) => identity(gpu).node)) {
    if (!clash(same, minutes)) continue;
    const targets = groupBy(same, (gpu) => identity(gpu).target);
    const clear = [...targets].filter(([, own]) => !clash(own, minutes)).map(([target]) => target);
    for (const [target, own] of targets)
      for (const gpu of own) renamed.set(gpu, clear.includes(target) ? `${node} (${target})` : undefined);
    problems.push(
      clear.length === targets.size
        ? `several machines are called ${node} (${[...targets.keys()].sort().join('; ')}): they are judged apart; give each its own label node`
        : `several machines are called ${node} by all their labels: they are left out; give each its own label node`,
    );
  }
  return { nameOf: (gpu) => (renamed.has(gpu) ? renamed.get(gpu) : identity(gpu).node), problems };
};
