import type { Component } from '../api.ts';

/** The ports of one card: the functions of one PCI device, or the ports of one RDMA device. */
export interface Card<P> {
  readonly key: string;
  readonly ports: readonly P[];
}

type Port = { readonly ref: Component };

/** `00000000:1B:00.1` → `00000000:1B:00`: each port of a modern card is a PCI function of its own. */
export const cardOf = ({ ref }: Port): string => ref.pciBusId?.replace(/\.[0-9A-Fa-f]$/, '') ?? ref.device ?? ref.key;

export const cardsOf = <P extends Port>(ports: readonly P[]): readonly Card<P>[] =>
  [...groupBy(ports, cardOf)].map(([key, own]) => ({ key, ports: own }));

/** As `Map.groupBy`, which Node 20 does not have. */
export const groupBy = <T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> => {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};
