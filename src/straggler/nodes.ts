import type { Component } from '../api.ts';
import type { Accused } from './accusation.ts';
import { type Evidence, levelOf, levelRank } from './evidence.ts';
import { groupBy } from './group-by.ts';

export const nodeKey = (node: string | undefined): string => `node ${node ?? ''}`;

export const nodeComponent = (node: string, like: Component): Component => ({
  kind: 'node',
  key: nodeKey(node),
  ...(node === '' ? {} : { node }),
  ...(like.model === undefined ? {} : { model: like.model }),
});

/** With so many of its GPUs accused it is the node. */
const WHOLE = 0.75;

const sameCauses = (one: Evidence, whole: Evidence): boolean =>
  one.causes.length > 0 && one.causes.every(({ kind }) => whole.causes.some((cause) => cause.kind === kind));

/** The node in the place of its GPUs. What its power shows is then the effect, and no impact besides. */
const asNode = (gpus: readonly Accused[]): Accused | undefined => {
  const worst = [...gpus].sort((a, b) => levelRank(b.level) - levelRank(a.level))[0];
  if (worst === undefined) return undefined;
  const { nodeImpact: _, ...rest } = worst.evidence;
  const evidence: Evidence = { ...rest, of: 'node' };
  const level = levelOf(evidence);
  return level === undefined
    ? undefined
    : {
        component: nodeComponent(worst.component.node ?? '', worst.component),
        level,
        evidence,
        firstSeen: Math.min(...gpus.map(({ firstSeen }) => firstSeen)),
        lastSeen: Math.max(...gpus.map(({ lastSeen }) => lastSeen)),
      };
};

/** One finding a node: the node where it is all of it, else its GPUs, and what the node has besides. */
const foldNode = (accused: readonly Accused[], gpusOfNode: number): readonly Accused[] => {
  const gpus = accused.filter(({ component }) => component.kind === 'gpu');
  const node = accused.find(({ component }) => component.kind === 'node');
  const isWhole = gpusOfNode > 1 && gpus.length >= WHOLE * gpusOfNode;
  if (isWhole) {
    const folded = asNode(gpus);
    const better = [node, folded]
      .filter((one) => one !== undefined)
      .sort((a, b) => levelRank(b.level) - levelRank(a.level))[0];
    return better === undefined ? gpus : [better];
  }
  if (node === undefined || gpus.length === 0) return accused;
  // A suspicion of the whole node that one of its GPUs answers is the GPU's.
  const answered = gpus.some(({ level }) => levelRank(level) > levelRank(node.level));
  const own = gpus.filter(
    ({ level, evidence }) => levelRank(level) > levelRank(node.level) || !sameCauses(evidence, node.evidence),
  );
  return answered && node.level === 'suspect' ? own : [node, ...own];
};

/** Nobody is named twice for one thing. On a single node the node is the job, and only its GPUs can be told apart. */
export const foldNodes = (accused: readonly Accused[], gpusOfNodes: ReadonlyMap<string, number>): readonly Accused[] =>
  gpusOfNodes.size < 2
    ? accused
    : [...groupBy(accused, ({ component }) => component.node ?? '')].flatMap(([node, ofNode]) =>
        foldNode(ofNode, gpusOfNodes.get(node) ?? 0),
      );
