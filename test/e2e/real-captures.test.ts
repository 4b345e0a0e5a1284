import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecording } from '../../src/host/recording.ts';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { judgeMoments, verdictOfSnapshot } from '../support/judge-machine.ts';

const samples = process.env.MUSTER_SAMPLES ?? resolve(import.meta.dirname, '../../../shared/samples');
const folder = join(samples, 'nvsmi-xml');
const captures = existsSync(folder);

const judge = async (file: string): Promise<VerdictReport> => {
  const recording = await readRecording(join(folder, file));
  if (!recording.ok) throw new Error(recording.detail);
  return verdictOfSnapshot(await judgeMoments(recording.value.samples));
};

const graver = (verdict: VerdictReport) =>
  verdict.checks
    .filter(({ severity }) => ['WARNING', 'CRITICAL', 'UNKNOWN'].includes(severity))
    .map(({ id, severity, reason, findings }) => ({
      id,
      severity,
      reason,
      messages: findings.map(({ message }) => message),
    }));

/** Checks that `nvidia-smi -q -x` alone feeds, on a GPU that has the feature. */
const fed = (verdict: VerdictReport) =>
  verdict.checks.filter(({ id, severity, reason = '' }) => {
    if (severity !== 'SKIPPED') return true;
    const hasNoSource = /not in the recording|no source|one sample|not recorded/.test(reason);
    const hasNoSuchPart =
      /N\/A|not printed|does not|no machine profile|nothing of this kind|expects nothing|no two components|nobody has looked|neither the machine profile/.test(
        reason,
      );
    // What watches a job, or the agent itself, has nothing to say before a job starts.
    const isOfAnotherContext = /^runs in .+, not in prejob$|^this run is not the agent$/.test(reason);
    return !hasNoSource && !hasNoSuchPart && !isOfAnotherContext && !id.startsWith('network/');
  });

describe.skipIf(!captures)(
  `healthy captures of real machines (${captures ? folder : 'skipped: no samples folder'})`,
  () => {
    it.each(['hw-h100-580.105.08.xml', 'hw-gb200-580.173.02.xml', 'hw-a100-570.148.08.xml', 'hw-l40s-595.91.07.xml'])(
      '%s',
      async (file) => {
        const verdict = await judge(file);
        expect(graver(verdict)).toEqual([]);
        const passed = fed(verdict).filter(({ severity }) => severity === 'PASS' || severity === 'INFO');
        expect(passed.length / fed(verdict).length).toBeGreaterThanOrEqual(0.9);
      },
    );

    it.each(captures ? readdirSync(folder) : [])('%s gives a verdict', async (file) => {
      const verdict = await judge(file);
      expect(verdict.checks.length).toBeGreaterThan(20);
    });
  },
);
