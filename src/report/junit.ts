import { actionWords } from './actions.ts';
import { nameOf, whereabouts } from './component-name.ts';
import type { CheckReport, FindingReport, VerdictReport } from './verdict-report.ts';
import { notEnforced } from './verdict-words.ts';
import { xmlText } from './xml.ts';

const describe = (finding: FindingReport): string =>
  [
    `${finding.severity} ${finding.code} ${[nameOf(finding.component), ...whereabouts(finding.component)].join(' ')}: ${finding.message}`,
    ...(finding.observed === undefined ? [] : [`observed: ${finding.observed}`]),
    ...(finding.expected === undefined ? [] : [`expected: ${finding.expected}`]),
    `do: ${actionWords(finding.action)}`,
  ]
    .map(xmlText)
    .join('\n');

const outcome = (check: CheckReport): string => {
  const first = check.findings[0];
  const reason = check.reason ?? check.unjudged[0]?.detail ?? '';
  if (check.severity === 'SKIPPED') return `<skipped message="${xmlText(reason)}"/>`;
  if (check.severity === 'UNKNOWN') return `<error type="UNKNOWN" message="${xmlText(reason)}"/>`;
  if (check.mode === 'enforce' && (check.severity === 'CRITICAL' || check.severity === 'WARNING')) {
    const text = check.findings.map(describe).join('\n');
    return `<failure type="${check.severity}" message="${xmlText(first?.message ?? check.title)}">${text}</failure>`;
  }
  return check.findings.length === 0 ? '' : `<system-out>${check.findings.map(describe).join('\n')}</system-out>`;
};

const testcase = (check: CheckReport): string =>
  `    <testcase classname="muster.${xmlText(check.category)}" name="${xmlText(check.id)}">${outcome(check)}</testcase>`;

const isFailure = ({ mode, severity }: CheckReport): boolean =>
  mode === 'enforce' && (severity === 'CRITICAL' || severity === 'WARNING');

const tally = (checks: readonly CheckReport[]): string =>
  [
    `tests="${checks.length}"`,
    `failures="${checks.filter(isFailure).length}"`,
    `errors="${checks.filter(({ severity }) => severity === 'UNKNOWN').length}"`,
    `skipped="${checks.filter(({ severity }) => severity === 'SKIPPED').length}"`,
  ].join(' ');

/** Who gates on failures and errors enforces: with the kill switch pulled there are none, and what was seen stays. */
const withoutForce = (check: CheckReport): CheckReport => ({
  ...check,
  mode: 'observe',
  ...(check.severity === 'UNKNOWN' ? { severity: 'SKIPPED' } : {}),
});

/** `-o junit`: a suite a category, a case a check; what could not be judged is an error, not a failure. */
export const junitReport = (verdict: VerdictReport): string => {
  const { node, validation, enforcement } = verdict;
  const checks = enforcement.enabled ? verdict.checks : verdict.checks.map(withoutForce);
  const pulled = notEnforced(verdict);
  const name = `muster ${validation.level}${pulled === undefined ? '' : `, ${pulled}`}`;
  const categories = [...new Set(checks.map(({ category }) => category))];
  const suites = categories.map((category) => {
    const own = checks.filter((check) => check.category === category);
    return [
      `  <testsuite name="${xmlText(category)}" hostname="${xmlText(node.name)}" timestamp="${validation.started_at}" ${tally(own)}>`,
      ...own.map(testcase),
      '  </testsuite>',
    ].join('\n');
  });
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xmlText(name)}" time="${validation.duration_seconds}" ${tally(checks)}>`,
    ...suites,
    '</testsuites>',
  ].join('\n')}\n`;
};
