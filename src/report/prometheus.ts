import type { Snapshot } from '../engine/snapshot.ts';
import { renderMetrics } from '../metrics/render.ts';
import type { VerdictReport } from './verdict-report.ts';

/** `-o prometheus`: the snapshot with the outcome of this validation, for node_exporter's textfile collector. */
export const prometheusReport = (snapshot: Snapshot, verdict: VerdictReport): Promise<string> =>
  renderMetrics(snapshot, {
    version: verdict.tool.version,
    configReloadOk: true,
    enforcementEnabled: verdict.enforcement.enabled,
    detail: 'standard',
    maxSeries: Number.POSITIVE_INFINITY,
    validations: [
      {
        level: verdict.validation.level,
        verdict: verdict.overall_severity,
        endedAt: Date.parse(verdict.validation.started_at) + verdict.validation.duration_seconds * 1000,
        durationSeconds: verdict.validation.duration_seconds,
      },
    ],
  });
