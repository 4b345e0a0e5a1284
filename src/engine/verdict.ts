import type { Component, Severity } from '../api.ts';
import type { CheckResult, FindingRecord, Snapshot, Suppressible, Verdict } from './snapshot.ts';

/** Whether someone has suppressed it at this moment (Unix ms). */
export const isSuppressed = ({ suppressedUntil = 0 }: Suppressible, at: number): boolean => suppressedUntil > at;

/** Whether the finding counts: a check that is only observed, or a finding that is suppressed, decides nothing. */
export const isCounted = (check: CheckResult, finding: FindingRecord, at: number): boolean =>
  check.mode === 'enforce' && !isSuppressed(finding, at);

/** CRITICAL over UNKNOWN over WARNING over INFO over PASS; SKIPPED only where there is nothing else. */
const ORDER: readonly Verdict[] = ['SKIPPED', 'PASS', 'INFO', 'WARNING', 'UNKNOWN', 'CRITICAL'];

export const worst = (verdicts: Iterable<Verdict>): Verdict => {
  let result: Verdict = 'SKIPPED';
  for (const verdict of verdicts) if (ORDER.indexOf(verdict) > ORDER.indexOf(result)) result = verdict;
  return result;
};

/** The more severe first. */
export const bySeverity = (a: Verdict, b: Verdict): number => ORDER.indexOf(b) - ORDER.indexOf(a);

/**
 * What the check says when only some of its findings and unjudged components are looked at. The engine's own answer
 * stands where nothing is left out, because only the engine knows what silence about an optional code means.
 */
export const severityOf = (
  check: CheckResult,
  kept: Pick<CheckResult, 'findings' | 'unjudged' | 'judged'>,
): Verdict => {
  const leftOut =
    kept.findings.length < check.findings.length ||
    kept.unjudged.length < check.unjudged.length ||
    kept.judged.length < check.judged.length;
  if (!leftOut || check.severity === 'SKIPPED') return check.severity;
  return worst([
    ...kept.findings.map(({ severity }): Severity => severity),
    ...kept.unjudged.map(({ verdict }) => verdict),
    ...kept.judged.map((): Verdict => 'PASS'),
  ]);
};

const ALL_SUPPRESSED = 'what it has to say is suppressed';

/** The check without what is suppressed of it. */
export const unsuppressed = (check: CheckResult, at: number): CheckResult => {
  const findings = check.findings.filter((finding) => !isSuppressed(finding, at));
  const unjudged = check.unjudged.filter((record) => !isSuppressed(record, at));
  if (findings.length === check.findings.length && unjudged.length === check.unjudged.length) return check;
  const severity = severityOf(check, { findings, unjudged, judged: check.judged });
  const { reason: _, ...rest } = check;
  const open = unjudged.find(({ verdict }) => verdict === severity)?.detail;
  const reason = open ?? (severity === 'SKIPPED' ? ALL_SUPPRESSED : undefined);
  return { ...rest, findings, unjudged, severity, ...(reason === undefined ? {} : { reason }) };
};

/** What the enforced checks say about one component. */
export const verdictAbout = (snapshot: Snapshot, component: Component): Verdict => {
  const isIt = (other: Component): boolean => other.key === component.key;
  const verdicts: Verdict[] = [];
  for (const check of snapshot.checks) {
    if (check.mode !== 'enforce') continue;
    if (check.judged.some(isIt)) verdicts.push('PASS');
    for (const finding of check.findings) {
      if (isIt(finding.component) && isCounted(check, finding, snapshot.at)) verdicts.push(finding.severity);
    }
    for (const unjudged of check.unjudged) {
      const isOpen = unjudged.verdict === 'UNKNOWN' && !isSuppressed(unjudged, snapshot.at);
      if (isIt(unjudged.component) && isOpen) verdicts.push('UNKNOWN');
    }
  }
  return worst(verdicts);
};
