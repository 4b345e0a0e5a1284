import type { CheckReport, FindingReport, VerdictReport } from '../../../src/report/verdict-report.ts';

export const finding = (over: Partial<FindingReport> = {}): FindingReport => ({
  check: 'gpu/xid-errors',
  code: 'fatal-xid',
  severity: 'CRITICAL',
  component: { kind: 'gpu', index: 3 },
  message: 'GPU 3: Xid 79, the GPU has fallen off the bus',
  evidence: {},
  action: { drain: true, then: 'reboot' },
  docs: 'docs/checks.md#gpuxid-errors',
  ...over,
});

export const check = (findings: readonly FindingReport[], over: Partial<CheckReport> = {}): CheckReport => ({
  id: findings[0]?.check ?? 'gpu/xid-errors',
  category: 'gpu',
  title: 'Xid errors',
  severity: findings[0]?.severity ?? 'PASS',
  mode: 'enforce',
  findings,
  unjudged: [],
  ...over,
});

/** What `validate -o json` prints; ready unless it holds a check that is CRITICAL or UNKNOWN. */
export const verdict = (checks: readonly CheckReport[], over: Partial<VerdictReport> = {}): VerdictReport => ({
  schema_version: 1,
  tool: { name: 'muster', version: '0.1.0' },
  node: { name: 'gpu-001', profile: 'hgx-h100-8', mock: false, boot_id: 'b' },
  validation: {
    level: 'quick',
    started_at: '2026-01-01T00:00:00Z',
    duration_seconds: 1,
    source: 'run',
    age_seconds: 0,
  },
  ready: !checks.some(({ severity }) => severity === 'CRITICAL' || severity === 'UNKNOWN'),
  enforcement: { enabled: true },
  overall_severity: checks[0]?.severity ?? 'PASS',
  counts: { pass: 0, info: 0, warning: 0, critical: 0, unknown: 0, skipped: 0 },
  affected_components: [],
  checks,
  ...over,
});
