import type { CheckResult, Snapshot } from '../../engine/snapshot.ts';
import { isCounted, isSuppressed, unsuppressed, verdictAbout } from '../../engine/verdict.ts';
import { componentLabels, gpuLabels } from '../identity.ts';
import { CHECK_STATES, HEALTH_STATES } from '../labels.ts';
import { type Sample, sample, stateSet } from '../sample.ts';
import { checkStateOf, healthStateOf } from '../status.ts';

const statusOf = (check: CheckResult, at: number): readonly Sample[] => {
  const state = checkStateOf(unsuppressed(check, at).severity);
  // A check that is only observed must not fire the alerts on the state of checks.
  if (state === undefined || check.mode !== 'enforce') return [];
  return stateSet('muster_check_status', CHECK_STATES, state, { check: check.id, category: check.category });
};

const findingsOf = (check: CheckResult, at: number): readonly Sample[] =>
  check.findings
    .filter((finding) => isCounted(check, finding, at))
    .map((finding) =>
      sample('muster_finding_active', 1, {
        check: finding.check,
        code: finding.code,
        severity: finding.severity.toLowerCase(),
        component: finding.component.kind,
        ...componentLabels(finding.component),
      }),
    );

const observedOf = (check: CheckResult): readonly Sample[] => {
  if (check.mode !== 'observe') return [];
  const counts = new Map<string, number>();
  for (const { severity } of check.findings) counts.set(severity, (counts.get(severity) ?? 0) + 1);
  return [...counts].map(([severity, count]) =>
    sample('muster_observed_findings', count, { check: check.id, severity: severity.toLowerCase() }),
  );
};

const bookkeepingOf = (check: CheckResult): readonly Sample[] => [
  ...(check.severity === 'SKIPPED'
    ? []
    : [sample('muster_check_last_run_timestamp_seconds', check.ranAt / 1000, { check: check.id })]),
  ...(check.errors > 0 ? [sample('muster_check_errors_total', check.errors, { check: check.id })] : []),
];

const suppressedIn = (snapshot: Snapshot): number =>
  snapshot.checks.flatMap(({ findings }) => findings).filter((finding) => isSuppressed(finding, snapshot.at)).length;

/** What the checks say, of the node and of each GPU. */
export const checkSamples = (snapshot: Snapshot, suppressed = suppressedIn(snapshot)): readonly Sample[] => {
  const { gpus } = snapshot.facts;
  return [
    ...snapshot.checks.flatMap((check) => [
      ...statusOf(check, snapshot.at),
      ...bookkeepingOf(check),
      ...findingsOf(check, snapshot.at),
      ...observedOf(check),
    ]),
    ...stateSet('muster_node_status', HEALTH_STATES, healthStateOf(snapshot.overall)),
    ...(gpus?.ok ? gpus.value : []).flatMap(({ ref }) =>
      stateSet('muster_gpu_status', HEALTH_STATES, healthStateOf(verdictAbout(snapshot, ref)), gpuLabels(ref)),
    ),
    sample('muster_suppressed_findings', suppressed),
  ];
};
