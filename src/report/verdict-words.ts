import { bySeverity } from '../engine/verdict.ts';
import { nameOf } from './component-name.ts';
import type { FindingReport, VerdictReport } from './verdict-report.ts';

/** The findings that decide, the worst first. */
export const decidingFindings = ({ checks }: VerdictReport): readonly FindingReport[] =>
  checks
    .filter(({ mode }) => mode === 'enforce')
    .flatMap(({ findings }) => findings)
    .filter(({ suppressed_until }) => suppressed_until === undefined)
    .sort((a, b) => bySeverity(a.severity, b.severity));

/** Why the verdict is what it is where no check says so itself. */
export const unsaidReason = ({ overall_severity, counts }: VerdictReport): string | undefined =>
  overall_severity === 'UNKNOWN' && counts.unknown === 0
    ? 'no check could judge a GPU, and what was not looked at is not healthy'
    : undefined;

/** That nothing is enforced, and why; nothing where it is. For people, in every output. */
export const notEnforced = ({ enforcement }: Pick<VerdictReport, 'enforcement'>): string | undefined =>
  enforcement.enabled
    ? undefined
    : `NOT ENFORCED, the kill switch ${enforcement.file} is pulled: ${enforcement.reason}`;

/** The one thing to say where there is room for one: `gpu/xid-errors GPU 3: Xid 79: …`. */
export const headline = (verdict: VerdictReport): string | undefined => {
  const worstCheck = verdict.checks.find(
    ({ mode, severity }) => mode === 'enforce' && severity === verdict.overall_severity,
  );
  const finding = decidingFindings(verdict).find(({ severity }) => severity === verdict.overall_severity);
  if (finding !== undefined) return `${finding.check} ${nameOf(finding.component)}: ${finding.message}`;
  if (verdict.overall_severity === 'UNKNOWN' && worstCheck !== undefined) {
    return `${worstCheck.id}: ${worstCheck.reason ?? worstCheck.unjudged[0]?.detail ?? 'not judged'}`;
  }
  return unsaidReason(verdict);
};
