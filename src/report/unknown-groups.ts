import { namesOf } from './component-name.ts';
import { grouped } from './grouped.ts';
import type { CheckReport, UnjudgedReport } from './verdict-report.ts';

/** Reasons that always make a judgement UNKNOWN; the others only sometimes do. */
const FAILURES: readonly UnjudgedReport['reason'][] = ['lost', 'denied', 'failed', 'timeout', 'hung', 'stale'];

/** Each absence once, with everything that it concerns. */
const reasonsOf = ({ unjudged: all, reason }: CheckReport): readonly string[] => {
  const unjudged = all.filter(({ suppressed_until }) => suppressed_until === undefined);
  const failures = unjudged.filter((item) => FAILURES.includes(item.reason));
  const groups = grouped(failures.length === 0 ? unjudged : failures, (item) => `${item.detail} (${item.reason})`);
  if (groups.length === 0) return [reason ?? 'it was not judged'];
  return groups.map(([text, items]) => `${namesOf(items.map(({ component }) => component))}: ${text}`);
};

export interface UnknownGroup {
  readonly reasons: readonly string[];
  readonly checks: readonly CheckReport[];
}

/** Checks that could not say, by why: one lost GPU silences many checks and is one thing to read. */
export const unknownGroups = (checks: readonly CheckReport[]): readonly UnknownGroup[] =>
  grouped(checks, (check) => JSON.stringify([check.mode === 'enforce', reasonsOf(check)])).map(([, group]) => ({
    reasons: group[0] === undefined ? [] : reasonsOf(group[0]),
    checks: group,
  }));
