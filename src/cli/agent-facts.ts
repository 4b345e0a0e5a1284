import type { FactName } from '../api.ts';

/** Facts of whoever watches for a time: a single look has none of them. */
export const OF_THE_AGENT: readonly FactName[] = ['agent', 'stragglers', 'pastFindings'];
