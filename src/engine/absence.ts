import type { AbsenceReason } from '../api.ts';

/**
 * The one table of what an absence makes of the judgement that needed the value. `EXPECTABLE` reasons are normal on a
 * machine that lacks the part, and UNKNOWN where the machine profile or the siblings say that it should be there.
 */
const BECOMES: Readonly<Record<AbsenceReason, 'SKIPPED' | 'UNKNOWN' | 'EXPECTABLE'>> = {
  'no-history': 'SKIPPED',
  'not-recorded': 'SKIPPED',
  unsupported: 'EXPECTABLE',
  deprecated: 'EXPECTABLE',
  'no-device': 'EXPECTABLE',
  'no-tool': 'EXPECTABLE',
  lost: 'UNKNOWN',
  denied: 'UNKNOWN',
  failed: 'UNKNOWN',
  timeout: 'UNKNOWN',
  hung: 'UNKNOWN',
  stale: 'UNKNOWN',
};

export const verdictOfAbsence = (reason: AbsenceReason, expected: boolean): 'SKIPPED' | 'UNKNOWN' => {
  const becomes = BECOMES[reason];
  if (becomes === 'EXPECTABLE') return expected ? 'UNKNOWN' : 'SKIPPED';
  return becomes;
};

export const isExpectable = (reason: AbsenceReason): boolean => BECOMES[reason] === 'EXPECTABLE';
