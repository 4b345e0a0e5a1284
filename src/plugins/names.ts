import type { Component, FactName } from '../api.ts';

/** Whom a plugin speaks of that names nobody. */
export const NODE: Component = { kind: 'node', key: 'node' };

/** The fact that holds what a check of a plugin said. */
export const answerOf = (id: string): FactName & `plugin:${string}` => `plugin:${id}`;

/** The source under which an executable or a module is asked: no other has a name that begins so. */
export const sourceOf = (name: string): string => `plugin-${name.replaceAll('/', '-')}`;

/** Facts that the engine makes itself; the others are what collectors provide. */
export const ENGINE_FACTS: readonly FactName[] = [
  'profile',
  'sources',
  'nicCounterLimits',
  'pastFindings',
  'agent',
  'stepTimes',
  'gpuMinutes',
  'stragglers',
];
