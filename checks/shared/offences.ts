import type { PastFinding } from '../../src/api.ts';

/** What one part went through at one time, however many checks saw it. */
export interface Episode {
  /** Unix ms, of its first finding. */
  readonly at: number;
  /** Those of its gravest finding. */
  readonly points: number;
  readonly findings: readonly PastFinding[];
}

/** A GPU that falls off the bus is an Xid, a lost GPU and a request for a reboot; all come within a day of the first. */
const EPISODE_MS = 86_400_000;

/**
 * How much a finding of the past weighs. Meta's lemon nodes are found by Xids, tickets, time out of service and failed
 * jobs; jobs that excluded the node tell little, and are not known here. The weights are ours (assumed): Meta sets the
 * limits of each count by hand. That somebody acknowledged or suppressed a finding undoes nothing.
 */
const pointsOf = ({ check, code, severity, drain }: PastFinding): number => {
  // Verdicts about a job at work; what only may be slow (straggler/at-risk) or is this check's own does not count.
  if (check.startsWith('straggler/')) return { confirmed: 3, likely: 2 }[code] ?? 0;
  // The agent's own state is no fault of the part.
  if (check.startsWith('host/') || severity === 'INFO') return 0;
  if (drain || severity === 'CRITICAL') return 2;
  return check === 'gpu/xid-errors' || check === 'gpu/sxid-errors' ? 1 : 0;
};

/** Findings grouped by when they began; one that began within a day of the first of a group belongs to it. */
export const episodesOf = (findings: readonly PastFinding[]): readonly Episode[] => {
  const counting = findings.filter((one) => pointsOf(one) > 0).sort((a, b) => a.from - b.from);
  const episodes: Episode[] = [];
  for (const finding of counting) {
    const last = episodes.at(-1);
    const points = pointsOf(finding);
    if (last !== undefined && finding.from - last.at < EPISODE_MS) {
      episodes[episodes.length - 1] = {
        at: last.at,
        points: Math.max(last.points, points),
        findings: [...last.findings, finding],
      };
    } else episodes.push({ at: finding.from, points, findings: [finding] });
  }
  return episodes;
};

export const scoreOf = (episodes: readonly Episode[]): number => episodes.reduce((sum, { points }) => sum + points, 0);
