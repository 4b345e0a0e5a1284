import type { Snapshot } from '../engine/snapshot.ts';

/**
 * Renders once for each snapshot, however many scrapes ask; those that come meanwhile share the work. What failed is
 * tried again.
 */
export const oncePerSnapshot = <T>(render: () => Promise<T>): ((snapshot: Snapshot) => Promise<T>) => {
  let last: { readonly snapshot: Snapshot; readonly rendered: Promise<T> } | undefined;
  return (snapshot) => {
    if (last?.snapshot === snapshot) return last.rendered;
    const rendered = render();
    const mine = { snapshot, rendered };
    last = mine;
    rendered.catch(() => {
      if (last === mine) last = undefined;
    });
    return rendered;
  };
};
