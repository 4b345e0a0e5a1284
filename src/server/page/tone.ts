import type { Verdict } from '../../engine/snapshot.ts';

/** The style class of a severity. */
export const toneOf = (verdict: Verdict): string => {
  switch (verdict) {
    case 'CRITICAL':
      return 'bad';
    case 'WARNING':
      return 'warn';
    case 'UNKNOWN':
      return 'unknown';
    case 'PASS':
      return 'good';
    default:
      return 'info';
  }
};
