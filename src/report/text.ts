import { bySeverity } from '../engine/verdict.ts';
import { type Palette, PLAIN } from './colour.ts';
import { countsInWords, hasSuppressed } from './counts.ts';
import { exitCodeOf } from './exit-codes.ts';
import { plural } from './plural.ts';
import { printable } from './printable.ts';
import { findingLines } from './text/finding.ts';
import { skippedLines, suppressedLines, unknownLines } from './text/unjudged.ts';
import { unknownGroups } from './unknown-groups.ts';
import type { CheckReport, VerdictReport } from './verdict-report.ts';
import { notEnforced, unsaidReason } from './verdict-words.ts';
import { wrap } from './wrap.ts';

export interface TextOptions {
  readonly palette?: Palette;
  readonly columns?: number;
  /** The simulated machine with its faults. */
  readonly mock?: string;
  /** The code with which the process will exit, where another protocol sets it. */
  readonly exitCode?: number;
}

const seconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;

const header = ({ tool, node, validation }: VerdictReport, palette: Palette): readonly string[] => {
  const from =
    validation.source === 'run'
      ? `in ${seconds(validation.duration_seconds)}`
      : validation.source === 'daemon'
        ? `by the agent, ${seconds(validation.age_seconds)} ago`
        : 'from a recording';
  return [
    `${palette.strong(printable(node.name))}  ${validation.level} validation ${from}`,
    palette.faint(
      [
        `profile ${printable(node.profile)}`,
        ...(node.driver_version === undefined ? [] : [`driver ${printable(node.driver_version)}`]),
        `muster ${tool.version}`,
      ].join('  '),
    ),
  ];
};

const mockBanner = ({ node }: VerdictReport, mock: string | undefined, palette: Palette): readonly string[] =>
  node.mock
    ? [
        palette.doubtful(
          palette.strong(
            `SIMULATED MACHINE${mock === undefined ? '' : ` ${printable(mock)}`}: this says nothing about real hardware.`,
          ),
        ),
      ]
    : [];

const killSwitch = (verdict: VerdictReport, columns: number, palette: Palette): readonly string[] => {
  const words = notEnforced(verdict);
  if (words === undefined) return [];
  return wrap(`${printable(words)}.`, columns).map((line) => palette.bad(palette.strong(line)));
};

const failures = (checks: readonly CheckReport[], columns: number, palette: Palette): readonly string[] => {
  const findings = checks.flatMap((check) =>
    check.findings.map((finding) => ({
      counts: check.mode === 'enforce' && finding.suppressed_until === undefined,
      severity: finding.severity,
      lines: findingLines(check, finding, columns, palette),
    })),
  );
  const unknown = unknownGroups(checks.filter(({ severity }) => severity === 'UNKNOWN')).map((group) => ({
    counts: group.checks[0]?.mode === 'enforce',
    severity: 'UNKNOWN' as const,
    lines: unknownLines(group, columns, palette),
  }));
  return [...findings, ...unknown]
    .sort((a, b) => Number(b.counts) - Number(a.counts) || bySeverity(a.severity, b.severity))
    .flatMap(({ lines }) => [...lines, '']);
};

const passes = (checks: readonly CheckReport[], palette: Palette): readonly string[] => {
  const passed = checks.filter(
    (check) => check.severity === 'PASS' && check.findings.length === 0 && !hasSuppressed(check),
  );
  const categories = [...new Set(passed.map(({ category }) => category))];
  const width = Math.max(0, ...categories.map(({ length }) => length));
  return categories.map((category) => {
    const count = passed.filter((check) => check.category === category).length;
    return `${palette.good('✓')} ${category.padEnd(width)}  ${plural(count, 'check')} passed`;
  });
};

const conclusion = (verdict: VerdictReport, exitCode: number, palette: Palette): string => {
  const isHeldBack = !verdict.ready || !verdict.enforcement.enabled;
  const paint = isHeldBack ? palette.bad : verdict.overall_severity === 'WARNING' ? palette.doubtful : palette.good;
  const words = !verdict.enforcement.enabled ? 'NOT ENFORCED' : verdict.ready ? 'READY' : 'NOT READY';
  return `${paint(palette.strong(`${words}: ${verdict.overall_severity}`))} (${countsInWords(verdict)}), exit code ${exitCode}`;
};

/** `-o text`: the worst first, passes in one line a category, the verdict last. */
export const textReport = (verdict: VerdictReport, options: TextOptions = {}): string => {
  const { palette = PLAIN, mock, exitCode = exitCodeOf(verdict) } = options;
  const columns = Math.max(60, options.columns ?? 110);
  const unsaid = unsaidReason(verdict);
  const skipped = verdict.checks.filter(({ severity }) => severity === 'SKIPPED');
  return `${[
    ...header(verdict, palette),
    ...mockBanner(verdict, mock, palette),
    ...killSwitch(verdict, columns, palette),
    '',
    ...failures(verdict.checks, columns, palette),
    ...passes(verdict.checks, palette),
    ...suppressedLines(verdict.checks, columns, palette),
    ...skippedLines(skipped, columns, palette),
    '',
    ...(unsaid === undefined ? [] : wrap(`${unsaid.charAt(0).toUpperCase()}${unsaid.slice(1)}.`, columns)),
    conclusion(verdict, exitCode, palette),
  ].join('\n')}\n`;
};
