import type { Component } from '../../src/api.ts';

interface WithRef {
  readonly ref: Component;
}

/** The other components of the same model: what one of them does, this one could do. */
export const siblingsOf = <T extends WithRef>(one: WithRef, all: readonly T[]): readonly T[] =>
  all.filter(({ ref }) => ref.key !== one.ref.key && ref.kind === one.ref.kind && ref.model === one.ref.model);
