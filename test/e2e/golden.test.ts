import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import type { Moment } from '../../src/host/playback.ts';
import { readRecording } from '../../src/host/recording.ts';
import { writeRecording } from '../../src/host/write-recording.ts';
import { type MetricsOptions, renderMetrics, seriesOf } from '../../src/metrics/render.ts';
import { MACHINE_NAMES } from '../../src/mock/machines.ts';
import { jsonReport } from '../../src/report/json.ts';
import schema from '../../src/report/verdict.schema.json' with { type: 'json' };
import { hasTool, needs } from '../deploy/support/tools.ts';
import { changedLines, changes, compactJson, projectedFacts } from '../support/facts-text.ts';
import { expectGolden } from '../support/golden.ts';
import { judgeMoments, momentsOf, STARTED_AT, verdictOfSnapshot } from '../support/judge-machine.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const TEST = 'test/e2e/golden.test.ts';

/** One of each family: memory, links inside and outside the node, a lost GPU with its Xid. */
const FAULTED = ['ecc@gpu2', 'remap-failed@gpu5', 'nvlink-down@gpu4', 'xid79@gpu3+lost@gpu3', 'ib-down@mlx5_4'].map(
  (faults) => `hgx-h100-8+${faults}`,
);
const HEALTHY = 'hgx-h100-8';

const METRICS: MetricsOptions = {
  version: '0.0.0',
  nodejsVersion: '20.19.0',
  configReloadOk: true,
  enforcementEnabled: true,
  detail: 'standard',
  maxSeries: Number.POSITIVE_INFINITY,
  validations: [{ level: 'prejob', verdict: 'PASS', endedAt: STARTED_AT, durationSeconds: 5 }],
};

/** Written as a recording and read back, as `collect --save` and `validate --from` do. */
const recorded = async (moments: readonly Moment[]): Promise<readonly Moment[]> => {
  const directory = join(temporaryDirectory(), 'recording');
  const written = await writeRecording(directory, { node: 'node-1', bootId: '', samples: moments });
  if (!written.ok) throw new Error(written.detail);
  const recording = await readRecording(directory);
  if (!recording.ok) throw new Error(recording.detail);
  return recording.value.samples;
};

const judged = async (spec: string): Promise<Snapshot> => {
  const moments = momentsOf(spec);
  const snapshot = await judgeMoments(MACHINE_NAMES.includes(spec) ? await recorded(moments) : moments);
  // The only thing that depends on the machine that runs the test.
  return { ...snapshot, sources: snapshot.sources.map((source) => ({ ...source, durationSeconds: 0 })) };
};

const snapshots = new Map<string, Promise<Snapshot>>();
/** The whole way of a machine: text, recording, facts, judgements; once for each. */
const pipeline = (spec: string): Promise<Snapshot> => {
  const snapshot = snapshots.get(spec) ?? judged(spec);
  snapshots.set(spec, snapshot);
  return snapshot;
};

const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
});
const validate = ajv.compile(schema);

const verdictJson = (snapshot: Snapshot): string => {
  const report = verdictOfSnapshot(snapshot);
  const parsed: unknown = JSON.parse(jsonReport(report));
  validate(parsed);
  expect(validate.errors).toBeNull();
  return `${compactJson(parsed)}\n`;
};

const expectSeries = (snapshot: Snapshot): void => {
  expect(seriesOf(snapshot, METRICS).length).toBeLessThanOrEqual(1200);
  expect(seriesOf(snapshot, { ...METRICS, detail: 'minimal' }).length).toBeLessThanOrEqual(300);
};

const promtool = (metrics: string): string => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
  return `${status ?? 'killed'} ${stdout}${stderr}`.trim();
};

describe('recording → facts → verdict → metrics of a healthy machine', () => {
  it.each(MACHINE_NAMES)('%s', async (machine) => {
    const snapshot = await pipeline(machine);
    const facts = `${compactJson(projectedFacts(snapshot.facts))}\n`;
    expect(facts.length).toBeLessThan(150_000);
    expectGolden(`${machine}/facts.json`, facts, TEST);
    expectGolden(`${machine}/verdict.json`, verdictJson(snapshot), TEST);
    expectGolden(`${machine}/metrics.prom`, await renderMetrics(snapshot, METRICS), TEST);
    expectSeries(snapshot);
  });
});

describe('what a fault changes on the way', () => {
  it.each(FAULTED)('%s', async (spec) => {
    const [healthy, snapshot] = [await pipeline(HEALTHY), await pipeline(spec)];
    const facts = changes(projectedFacts(healthy.facts), projectedFacts(snapshot.facts));
    expectGolden(`${spec}/facts-changed.json`, `${compactJson(facts)}\n`, TEST);
    expectGolden(`${spec}/verdict.json`, verdictJson(snapshot), TEST);
    const metrics = changedLines(await renderMetrics(healthy, METRICS), await renderMetrics(snapshot, METRICS));
    expectGolden(`${spec}/metrics-changed.prom`, metrics, TEST);
    expectSeries(snapshot);
  });
});

describe.skipIf(!hasTool('promtool'))(`promtool check metrics${needs('promtool')}`, () => {
  it.each([...MACHINE_NAMES, ...FAULTED])('%s', async (spec) => {
    expect(promtool(await renderMetrics(await pipeline(spec), METRICS))).toBe('0');
  });
});
