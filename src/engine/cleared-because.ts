import type { HeldFinding, Raise } from './held-finding.ts';

/** Why a finding is over, for people and for the event store. */
export const clearedBecause = (
  { record, passesInARow }: HeldFinding,
  o: { readonly now: number; readonly bootedAt: number; readonly raise: Raise; readonly isJudged: boolean },
): string => {
  const { now, bootedAt, raise } = o;
  const { lifetime, at, lapsesAfterSeconds } = record;
  if (!o.isJudged && lapsesAfterSeconds !== undefined)
    return `not seen for ${hours(lapsesAfterSeconds)}: nothing is left to judge it by`;
  if (lifetime === 'condition') {
    const passes = Math.max(passesInARow, raise.clear);
    return passes === 1 ? 'it passed' : `it passed ${passes} times in a row`;
  }
  if ('clearedAfterSeconds' in lifetime) {
    return at !== undefined && now - at > lifetime.clearedAfterSeconds * 1000
      ? `nothing more of it for ${hours(lifetime.clearedAfterSeconds)}`
      : 'its check no longer reports it';
  }
  if (at !== undefined && bootedAt > at) return 'the node was rebooted';
  return lifetime.clearedBy === 'gpu-reset' ? 'the GPU was reset' : 'its check no longer reports it';
};

const hours = (seconds: number): string =>
  seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.round(seconds / 60)} min`;
