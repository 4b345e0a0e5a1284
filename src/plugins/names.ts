import type { FactName } from '../api.ts';

/** The fact that holds what a check of a plugin said. */
export const answerOf = (id: string): FactName & `plugin:${string}` => `plugin:${id}`;

/** The source under which an executable or a module is asked: no other has a name that begins so. */
export const sourceOf = (name: string): string => `plugin-${name.replaceAll('/', '-')}`;

/**
 * Facts that a check of a plugin may ask for besides what the collectors that ship provide: the engine makes them, or the
 * agent and its follower hand them to it. `plugins` is none of them: it comes of what is read here, from whoever reads it.
 */
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
