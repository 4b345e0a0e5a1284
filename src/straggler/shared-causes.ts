import type { CauseKind } from '../api.ts';
import type { Accused } from './accusation.ts';
import { RULES } from './rules.ts';

/** One cause of many: what they share is found, and nobody is accused alone. */
export interface SharedCause {
  readonly kind: CauseKind;
  readonly count: number;
  readonly nodes: readonly string[];
}

/** A tenth of the peers, on three nodes at least, with one cause. */
export const sharedCauses = (
  accused: readonly Accused[],
  total: number,
  gpusOfNode: ReadonlyMap<string, number>,
): readonly SharedCause[] => {
  const found = new Map<CauseKind, Map<string, number>>();
  for (const { component, evidence } of accused) {
    const node = component.node ?? '';
    for (const { kind } of evidence.causes) {
      const byNode = found.get(kind) ?? new Map<string, number>();
      const all = gpusOfNode.get(node) ?? 1;
      byNode.set(node, component.kind === 'node' ? all : Math.min(all, (byNode.get(node) ?? 0) + 1));
      found.set(kind, byNode);
    }
  }
  return [...found].flatMap(([kind, byNode]) => {
    const count = [...byNode.values()].reduce((sum, one) => sum + one, 0);
    const enough = byNode.size >= RULES.sharedCause.nodes && count >= RULES.sharedCause.share * total;
    return enough ? [{ kind, count, nodes: [...byNode.keys()].sort() }] : [];
  });
};
