import type { CauseKind } from '../api.ts';
import type { Accused } from './accusation.ts';
import { explains, worstDeviation } from './evidence.ts';
import { RULES } from './rules.ts';

/** One cause of many: what they share is found, and nobody is accused alone. */
export interface SharedCause {
  readonly kind: CauseKind;
  readonly count: number;
  readonly nodes: readonly string[];
}

interface Holders {
  /** GPUs by node. */
  readonly all: Map<string, number>;
  /** Those that deviate because of it. */
  readonly deviating: Map<string, number>;
}

const sum = (byNode: ReadonlyMap<string, number>): number =>
  [...byNode.values()].reduce((total, count) => total + count, 0);

/**
 * A tenth of the peers, on three nodes at least, deviate with one cause; or a quarter have it, of whom so many are the
 * peers that none deviates from them.
 */
export const sharedCauses = (
  accused: readonly Accused[],
  total: number,
  gpusOfNode: ReadonlyMap<string, number>,
): readonly SharedCause[] => {
  const found = new Map<CauseKind, Holders>();
  for (const { component, evidence } of accused) {
    const node = component.node ?? '';
    const most = gpusOfNode.get(node) ?? 1;
    const add = (byNode: Map<string, number>): void => {
      byNode.set(node, component.kind === 'node' ? most : Math.min(most, (byNode.get(node) ?? 0) + 1));
    };
    for (const cause of evidence.causes) {
      const holders = found.get(cause.kind) ?? { all: new Map(), deviating: new Map() };
      add(holders.all);
      if (evidence.effects.some(({ feature }) => explains(cause, feature))) add(holders.deviating);
      found.set(cause.kind, holders);
    }
  }
  const { share, nodes, shareOfAll } = RULES.sharedCause;
  const isMany = (byNode: ReadonlyMap<string, number>, least: number): boolean =>
    byNode.size >= nodes && sum(byNode) >= least * total;
  return [...found].flatMap(([kind, { all, deviating }]) =>
    isMany(deviating, share) || isMany(all, shareOfAll)
      ? [{ kind, count: sum(all), nodes: [...all.keys()].sort() }]
      : [],
  );
};

/** So many times as far behind as the usual one of those who share its cause, it is more than the shared cause. */
const FAR_WORSE = 3;

/** Who is left when what is shared is nobody's own. */
export const notShared = (accused: readonly Accused[], shared: readonly SharedCause[]): readonly Accused[] => {
  const kinds = new Set(shared.map(({ kind }) => kind));
  const isSharing = ({ evidence: { causes } }: Accused): boolean =>
    causes.length > 0 && causes.every(({ kind }) => kinds.has(kind));
  const usual = accused
    .filter(isSharing)
    .map(({ evidence: { effects } }) => worstDeviation(effects))
    .sort((a, b) => a - b);
  const middle = usual[usual.length >> 1] ?? 0;
  return accused.filter(
    (one) => !isSharing(one) || (middle > 0 && worstDeviation(one.evidence.effects) >= FAR_WORSE * middle),
  );
};
