import type { Verdict } from '../engine/snapshot.ts';
import type { CheckState, HealthState } from './labels.ts';

/** Nothing for a skipped check; information counts as pass. */
export const checkStateOf = (verdict: Verdict): CheckState | undefined => {
  if (verdict === 'SKIPPED') return undefined;
  if (verdict === 'PASS' || verdict === 'INFO') return 'pass';
  return verdict.toLowerCase() as CheckState;
};

/** Where nothing was judged, nothing is known. */
export const healthStateOf = (verdict: Verdict): HealthState => {
  switch (verdict) {
    case 'CRITICAL':
      return 'unhealthy';
    case 'WARNING':
      return 'degraded';
    case 'UNKNOWN':
    case 'SKIPPED':
      return 'unknown';
    default:
      return 'healthy';
  }
};
