import type { AbsenceReason, AnyCheck, FactName } from '../../api.ts';
import { verdictOfAbsence } from '../../engine/absence.ts';
import type { CheckResult, SourceStatus } from '../../engine/snapshot.ts';
import { grouped } from '../../report/grouped.ts';
import { checkResults, factsOf } from './check-results.ts';
import { cureOf } from './cure.ts';
import { columns, type Problem, type Section } from './section.ts';
import type { Seen } from './seen.ts';
import type { WatchedSource } from './watched.ts';

interface SourceReport {
  readonly id: string;
  readonly reads: string;
  readonly tools: readonly { readonly tool: string; readonly path?: string; readonly reason?: string }[];
  readonly answers: boolean;
  readonly optional: boolean;
  readonly seconds: number;
  readonly reason?: AbsenceReason;
  readonly detail?: string;
  readonly denied: readonly string[];
  /** Checks that cannot judge without it, because it is silent. */
  readonly blinds: readonly string[];
}

const needs = (check: AnyCheck, provides: readonly FactName[]): boolean =>
  factsOf(check).required.some((name) => provides.includes(name));

const isBlind = ({ severity, mode }: CheckResult): boolean =>
  mode !== 'off' && (severity === 'UNKNOWN' || severity === 'SKIPPED');

/** What its silence says, and why the kernel log is closed (docs.kernel.org, sysctl/kernel: dmesg_restrict). */
const detailOf = async (
  { machine: { host } }: Seen,
  { source, reason, detail = '' }: SourceStatus,
): Promise<string> => {
  if (source !== 'kernel-log' || reason !== 'denied') return detail;
  const restrict = await host.read('/proc/sys/kernel/dmesg_restrict');
  return restrict.ok && restrict.value.trim() === '1' ? `${detail} (kernel.dmesg_restrict is 1)` : detail;
};

const reportOf = async (
  seen: Seen,
  { collector, tools, denied }: WatchedSource,
  status: SourceStatus | undefined,
): Promise<SourceReport> => {
  const { id, reads, provides } = collector;
  const found = (await tools()).map(({ tool, at }) => ({
    tool,
    ...(at.ok ? { path: at.value } : { reason: at.detail }),
  }));
  const blinds =
    status?.reason === undefined
      ? []
      : checkResults(seen)
          .filter(({ check, result }) => isBlind(result) && needs(check, provides))
          .map(({ check }) => check.id);
  return {
    id,
    reads,
    tools: found,
    answers: status?.up === true && status.reason === undefined,
    optional: seen.config.optionalSources.has(id),
    seconds: status?.durationSeconds ?? 0,
    ...(status?.reason === undefined ? {} : { reason: status.reason, detail: await detailOf(seen, status) }),
    denied: denied(),
    blinds,
  };
};

/** Without an answer about GPUs every verdict is UNKNOWN, unless the configuration says that there are none. */
const isWithoutGpus = ({ config, sources }: Seen, { id }: SourceReport): boolean =>
  config.gpus === 'expected' &&
  sources.some(({ collector }) => collector.id === id && collector.provides.includes('gpus'));

/** Silent where it should speak: by what its silence means anywhere, or because a check expected it of this machine. */
const isProblem = (seen: Seen, source: SourceReport): boolean => {
  if (source.reason === undefined || source.optional) return false;
  if (verdictOfAbsence(source.reason, false) === 'UNKNOWN' || isWithoutGpus(seen, source)) return true;
  return checkResults(seen).some(
    ({ check, result }) =>
      source.blinds.includes(check.id) && result.severity === 'UNKNOWN' && result.mode === 'enforce',
  );
};

interface AskedSource {
  readonly source: WatchedSource;
  readonly report: SourceReport;
}

/** Questions to the same tool that fail alike are one thing to mend. */
const causeOf = ({ report: { id, tools, reason } }: AskedSource): string =>
  tools.length === 0 ? id : `${reason} ${tools.map(({ tool }) => tool).join(' ')}`;

const problemOf = (seen: Seen, group: readonly AskedSource[]): readonly Problem[] => {
  const [first] = group;
  if (first === undefined) return [];
  const { source, report } = first;
  const missing = report.tools.find(({ path }) => path === undefined)?.tool;
  const blinds = [...new Set(group.flatMap((one) => one.report.blinds))];
  const lost =
    blinds.length === 0 ? '' : ` (${blinds.length === 1 ? blinds[0] : `${blinds.length} checks`} cannot judge)`;
  const none = isWithoutGpus(seen, report) ? '; on a node without GPUs set gpus: none' : '';
  return [
    {
      about: group.map((one) => one.report.id).join(', '),
      message: `${report.detail ?? ''}${lost}`,
      cure: `${cureOf(report.reason ?? 'failed', source.collector, missing)}${none}`,
    },
  ];
};

const ofFiles = (source: SourceReport, { collector }: WatchedSource): readonly Problem[] => {
  const [first, ...more] = source.denied;
  if (first === undefined || source.optional || source.reason === 'denied') return [];
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return [{ about: source.id, message: `${first}${others} may not be read`, cure: cureOf('denied', collector) }];
};

const answerWords = ({ answers, optional, reason, detail, seconds }: SourceReport): string => {
  if (answers) return `answers in ${seconds.toFixed(1)} s`;
  return `${reason ?? 'silent'}${optional ? ', optional' : ''}: ${detail ?? ''}`;
};

const toolWords = ({ tools, reads }: SourceReport): string =>
  [reads, ...tools.map(({ tool, path, reason }) => (path === undefined ? (reason ?? tool) : path))].join(', ');

/** Each source: what it reads, by which tool, and whether it answers now. */
export const sourcesSection = async (seen: Seen): Promise<Section> => {
  const asked: readonly AskedSource[] = await Promise.all(
    seen.sources.map(async (source) => ({
      source,
      report: await reportOf(
        seen,
        source,
        seen.prejob.sources.find(({ source: id }) => id === source.collector.id),
      ),
    })),
  );
  return {
    name: 'sources',
    problems: [
      ...grouped(
        asked.filter(({ report }) => isProblem(seen, report)),
        causeOf,
      ).flatMap(([, group]) => problemOf(seen, group)),
      ...asked.flatMap(({ report, source }) => ofFiles(report, source)),
    ],
    lines: columns(asked.map(({ report }) => [report.id, toolWords(report), answerWords(report)])),
    json: asked.map(({ report: { seconds, ...rest } }) => ({ ...rest, duration_seconds: seconds })),
  };
};
