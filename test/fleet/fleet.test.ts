import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Frame } from '../../src/api.ts';
import { framesOfJobs } from '../../src/collectors/prometheus/frames-of-jobs.ts';
import { hasTool, needs } from '../deploy/support/tools.ts';
import { writeHistory } from './backfill.ts';
import { GPUS_PER_NODE, JOB_ID, nodeName, uuidOf } from './page.ts';
import { FAULTS, PLANTED } from './planted.ts';
import { instant, type RealPrometheus, startPrometheus } from './prometheus.ts';

const NODES = 32;
const RULES = resolve(import.meta.dirname, '../../deploy/prometheus/stragglers.yml');
const MINUTE_MS = 60_000;

describe.skipIf(!hasTool('prometheus'))(`32 nodes in a real Prometheus${needs('prometheus')}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'muster-fleet-'));
  const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  let prometheus: RealPrometheus | undefined;
  let frames: readonly Frame[] = [];
  let problems: readonly string[] = [];

  beforeAll(async () => {
    const history = join(directory, 'history.om');
    await writeHistory(history, { nodes: NODES, fromMs: endMs - 30 * MINUTE_MS, toMs: endMs, stepMs: MINUTE_MS });
    const made = spawnSync('promtool', [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      '-q',
      history,
      join(directory, 'data'),
    ]);
    expect(made.status).toBe(0);
    // The history stands still; 12 evaluations of it need not take 12 minutes.
    const rules = join(directory, 'stragglers.yml');
    writeFileSync(rules, readFileSync(RULES, 'utf8').replace('interval: 1m', 'interval: 200ms'));
    prometheus = await startPrometheus({ directory, config: `rule_files: [${rules}]\n` });
    for await (const job of framesOfJobs({ url: prometheus.url, timeMs: endMs, windowSeconds: 900 })) {
      expect(job.jobId).toBe(JOB_ID);
      ({ frames, problems } = job);
    }
  });
  afterAll(async () => {
    await prometheus?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('every GPU has a window in every minute, and nothing is wrong with the data', () => {
    expect(problems).toEqual([]);
    expect(frames).toHaveLength(16);
    for (const { gpus } of frames) {
      expect(gpus).toHaveLength(NODES * GPUS_PER_NODE);
      for (const { window } of gpus)
        expect(Object.keys(window ?? {}).sort()).toEqual([
          'at',
          'busyRatio',
          'powerLimitWatts',
          'powerWatts',
          'smClockHertz',
          'smClockP05Hertz',
          'temperatureCelsius',
          'throttleRatio',
        ]);
    }
  });

  test('the causes are those that were planted', () => {
    const planted = PLANTED.flatMap(({ node, gpu, fault }) => {
      const { cause, nodeCause } = { cause: undefined, nodeCause: undefined, ...FAULTS[fault] };
      const gpus = gpu === undefined ? Array.from({ length: GPUS_PER_NODE }, (_, index) => index) : [gpu];
      return gpus.map((index) => [nodeName(node), uuidOf(node, index), cause ?? nodeCause]);
    });
    const last = frames.at(-1)?.gpus ?? [];
    expect(last.flatMap(({ ref, causes }) => causes.map(({ kind }) => [ref.node, ref.uuid, kind]))).toEqual(planted);
    const thermal = last.find(({ causes }) => causes.some(({ kind }) => kind === 'thermal_throttle'));
    expect(thermal?.window?.throttleRatio).toEqual({ sw_thermal: 0.22, hw_thermal: 0.04 });
  });

  test('the rules name the planted GPUs and the planted node, and no other', async () => {
    if (prometheus === undefined) throw new Error('not started');
    const alerts = async (name: string) => {
      const firing = await instant(prometheus as RealPrometheus, `ALERTS{alertname="${name}",alertstate="firing"}`);
      return firing.map(({ labels }) => labels.UUID ?? labels.node).sort();
    };
    while ((await alerts('MusterSlowNodeLikely')).length === 0) await sleep(200);
    const alone = PLANTED.flatMap(({ node, gpu }) => (gpu === undefined ? [] : [uuidOf(node, gpu)]));
    const whole = PLANTED.flatMap(({ node, gpu }) => (gpu === undefined ? [nodeName(node)] : []));
    expect(await alerts('MusterStragglerLikely')).toEqual(alone.sort());
    expect(await alerts('MusterSlowNodeLikely')).toEqual(whole.sort());
    for (const other of ['MusterStragglerSharedCause', 'MusterStragglerJobShaped', 'MusterGpuMetricsMissing'])
      expect(await alerts(other)).toEqual([]);
  });
});
