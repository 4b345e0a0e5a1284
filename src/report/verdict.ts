import type { Component } from '../api.ts';
import type {
  CheckResult,
  Enforcement,
  FindingRecord,
  Snapshot,
  Suppressible,
  UnjudgedRecord,
  Verdict,
} from '../engine/snapshot.ts';
import { bySeverity, isCounted, isSuppressed, severityOf, unsuppressed, worst } from '../engine/verdict.ts';
import { nameOf } from './component-name.ts';
import { componentReport } from './component-report.ts';
import { docsLink } from './docs-link.ts';
import type {
  AffectedComponents,
  CheckReport,
  FindingReport,
  UnjudgedReport,
  ValidationLevel,
  ValidationSource,
  VerdictReport,
} from './verdict-report.ts';

export interface VerdictOptions {
  readonly level: ValidationLevel;
  readonly source: ValidationSource;
  readonly version: string;
  /** Unix ms. */
  readonly startedAt: number;
  readonly durationSeconds: number;
  /** Age of the oldest required fact. */
  readonly ageSeconds: number;
  readonly failOn: 'warning' | 'critical';
  readonly unknown: 'fail' | 'pass';
  /** Which GPUs count; without it all. The node, its NICs and the fabric always count. */
  readonly gpus?: (gpu: Component) => boolean;
  /** False where the configuration says that the node has no GPUs. */
  readonly expectGpus: boolean;
  /** True where the configuration says so: then a node with nothing to judge is ready. */
  readonly mayHaveNothing?: boolean;
  /** Whether the verdict is acted on; it is where nothing says otherwise. */
  readonly enforcement?: Enforcement;
  /** Unix ms. */
  readonly now: number;
}

const time = (at: number): string => new Date(at).toISOString();

const suppression = (said: Suppressible, now: number): Pick<FindingReport, 'suppressed_until' | 'suppressed_by'> => {
  const { suppressedUntil, suppressedBy } = said;
  if (!isSuppressed(said, now) || suppressedUntil === undefined) return {};
  return {
    suppressed_until: time(suppressedUntil),
    ...(suppressedBy === undefined ? {} : { suppressed_by: suppressedBy }),
  };
};

const findingReport = (finding: FindingRecord, now: number): FindingReport => ({
  check: finding.check,
  code: finding.code,
  severity: finding.severity,
  component: componentReport(finding.component),
  ...(finding.related.length === 0 ? {} : { related: finding.related.map(componentReport) }),
  message: finding.message,
  ...(finding.observed === undefined ? {} : { observed: finding.observed }),
  ...(finding.expected === undefined ? {} : { expected: finding.expected }),
  evidence: finding.evidence,
  action: { drain: finding.action.drain, then: finding.action.then },
  ...(finding.firstSeen === undefined ? {} : { first_seen: time(finding.firstSeen) }),
  ...(finding.lastSeen === undefined ? {} : { last_seen: time(finding.lastSeen) }),
  ...suppression(finding, now),
  docs: docsLink(finding.check),
});

const unjudgedReport = (record: UnjudgedRecord, now: number): UnjudgedReport => {
  const { component, code, reason, detail, verdict } = record;
  return {
    component: componentReport(component),
    ...(code === undefined ? {} : { code }),
    severity: verdict,
    reason,
    detail,
    ...suppression(record, now),
  };
};

const reasonFor = (check: CheckResult, severity: Verdict, unjudged: readonly UnjudgedRecord[]): string | undefined => {
  if (severity === 'UNKNOWN') return unjudged.find(({ verdict }) => verdict === 'UNKNOWN')?.detail ?? check.reason;
  if (severity === check.severity) return check.reason;
  return severity === 'SKIPPED' ? 'it says nothing about the chosen GPUs' : undefined;
};

/** The check without what is about GPUs that were not asked for. */
const aboutSelected = (check: CheckResult, gpus: VerdictOptions['gpus']): CheckResult => {
  if (gpus === undefined) return check;
  const counts = (component: Component): boolean => component.kind !== 'gpu' || gpus(component);
  const kept = {
    findings: check.findings.filter(({ component }) => counts(component)),
    unjudged: check.unjudged.filter(({ component }) => counts(component)),
    judged: check.judged.filter(counts),
  };
  const severity = severityOf(check, kept);
  const { reason: _, ...rest } = check;
  const reason = reasonFor(check, severity, kept.unjudged);
  return { ...rest, ...kept, severity, ...(reason === undefined ? {} : { reason }) };
};

/** What the check says once what is suppressed is set aside. */
const countedSeverity = (check: CheckResult, now: number): Verdict => unsuppressed(check, now).severity;

const checkReport = (check: CheckResult, now: number): CheckReport => {
  const { severity, reason } = unsuppressed(check, now);
  return {
    id: check.id,
    category: check.category,
    title: check.title,
    severity,
    mode: check.mode,
    ...(reason === undefined ? {} : { reason }),
    findings: check.findings.map((finding) => findingReport(finding, now)),
    unjudged: check.unjudged.map((record) => unjudgedReport(record, now)),
  };
};

/** A node of which nothing about GPUs was judged has shown nothing. */
const knowsNothingOfGpus = (checks: readonly CheckResult[]): boolean =>
  !checks.some(({ category, judged, findings }) => category === 'gpu' && judged.length + findings.length > 0);

const countsOf = (verdicts: readonly Verdict[]): VerdictReport['counts'] => {
  const counts = { pass: 0, info: 0, warning: 0, critical: 0, unknown: 0, skipped: 0 };
  for (const verdict of verdicts) counts[verdict.toLowerCase() as Lowercase<Verdict>] += 1;
  return counts;
};

const affectedComponents = (checks: readonly CheckResult[], now: number): readonly AffectedComponents[] => {
  const affected: AffectedComponents[] = [];
  for (const category of new Set(checks.map((check) => check.category))) {
    const failing = checks.filter(
      (check) =>
        check.category === category && ['INFO', 'WARNING', 'UNKNOWN', 'CRITICAL'].includes(countedSeverity(check, now)),
    );
    if (failing.length === 0) continue;
    const components = failing.flatMap((check) => [
      ...check.findings.filter((finding) => isCounted(check, finding, now)),
      ...check.unjudged.filter((record) => record.verdict === 'UNKNOWN' && !isSuppressed(record, now)),
    ]);
    affected.push({
      category,
      max_severity: worst(failing.map((check) => countedSeverity(check, now))),
      check_ids: failing.map(({ id }) => id),
      entities: [...new Set(components.map(({ component }) => nameOf(componentReport(component))))],
    });
  }
  return affected.sort((a, b) => bySeverity(a.max_severity, b.max_severity));
};

const isReady = (verdicts: readonly Verdict[], { failOn, unknown, enforcement }: VerdictOptions): boolean =>
  enforcement?.enabled === false ||
  !verdicts.some(
    (verdict) =>
      verdict === 'CRITICAL' ||
      (verdict === 'UNKNOWN' && unknown === 'fail') ||
      (verdict === 'WARNING' && failOn === 'warning'),
  );

const driverVersion = ({ facts: { driver, driverModule } }: Snapshot): string | undefined => {
  if (driver?.ok && driver.value.version.ok) return driver.value.version.value;
  return driverModule?.ok && driverModule.value.version.ok ? driverModule.value.version.value : undefined;
};

/** The snapshot as a verdict about the node. */
export const verdictOf = (snapshot: Snapshot, options: VerdictOptions): VerdictReport => {
  const { now } = options;
  const checks = snapshot.checks.map((check) => aboutSelected(check, options.gpus));
  const enforced = checks.filter(({ mode }) => mode === 'enforce');
  const said = enforced.map((check) => countedSeverity(check, now));
  const isEmpty = worst(said) === 'SKIPPED' && options.mayHaveNothing !== true;
  const knowsNothing = isEmpty || (options.expectGpus && knowsNothingOfGpus(checks));
  const verdicts: readonly Verdict[] = knowsNothing ? [...said, 'UNKNOWN'] : said;
  const driver = driverVersion(snapshot);
  return {
    schema_version: 1,
    tool: { name: 'muster', version: options.version },
    node: {
      name: snapshot.node.name,
      profile: snapshot.profile.id,
      mock: snapshot.node.mock !== undefined,
      ...(driver === undefined ? {} : { driver_version: driver }),
      boot_id: snapshot.node.bootId,
    },
    validation: {
      level: options.level,
      started_at: time(options.startedAt),
      duration_seconds: options.durationSeconds,
      source: options.source,
      age_seconds: options.ageSeconds,
    },
    ready: isReady(verdicts, options),
    enforcement: options.enforcement ?? { enabled: true },
    overall_severity: worst(verdicts),
    counts: countsOf(said),
    affected_components: affectedComponents(enforced, now),
    checks: checks.map((check) => checkReport(check, now)),
  };
};
