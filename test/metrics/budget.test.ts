import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import { type MetricsOptions, seriesOf } from '../../src/metrics/render.ts';
import { checkOf, failingSnapshot, gpuCheck, healthyFacts, snapshotOf } from '../support/snapshot.ts';
import { METRICS } from './options.ts';

/** As many checks as version 1 is to have, and the sources that it reads. */
const CHECKS = 65;
const SOURCES = 10;
const fullNode: Snapshot = snapshotOf({
  checks: Array.from({ length: CHECKS }, (_, n) => (n === 0 ? gpuCheck('gpu/check-0') : checkOf(`host/check-${n}`))),
  facts: healthyFacts(8, 10),
  sources: Array.from({ length: SOURCES }, (_, n) => ({
    source: `s${n}`,
    up: true,
    durationSeconds: 0.1,
    lastSuccessAt: 1,
  })),
});

const count = (snapshot: Snapshot, over: Partial<MetricsOptions> = {}): number =>
  seriesOf(snapshot, { ...METRICS, ...over }).length;
const namesIn = (snapshot: Snapshot, maxSeries: number): ReadonlySet<string> =>
  new Set(seriesOf(snapshot, { ...METRICS, maxSeries }).map(({ name }) => name));

describe('series of a healthy node with 8 GPUs, 10 ports and every check', () => {
  it('stay within 1,200, windows and job among them', () => {
    expect(count(fullNode)).toBeLessThanOrEqual(1200);
    expect(count(fullNode)).toBeGreaterThan(700);
  });
  it('stay within 300 with detail minimal', () => {
    expect(count(fullNode, { detail: 'minimal' })).toBeLessThanOrEqual(300);
  });
  it('with detail minimal still say what is wrong', () => {
    const names = new Set(seriesOf(failingSnapshot(), { ...METRICS, detail: 'minimal' }).map(({ name }) => name));
    for (const name of [
      'check_status',
      'finding_active',
      'node_status',
      'gpu_status',
      'source_up',
      'gpu_xid_events_total',
    ]) {
      expect(names).toContain(`muster_${name}`);
    }
  });
});

describe('the cap', () => {
  const all = count(fullNode);
  const truncatedOf = (maxSeries: number) =>
    seriesOf(fullNode, { ...METRICS, maxSeries }).find(({ name }) => name === 'muster_metrics_truncated')?.value;

  it('says whether it took anything away', () => {
    expect([truncatedOf(all), truncatedOf(all - 1)]).toEqual([0, 1]);
  });
  it('takes windows first', () => {
    const names = namesIn(fullNode, all - 1);
    expect([...names].filter((name) => name.includes('_window_'))).toEqual([]);
    expect(names).toContain('muster_nic_port_errors_total');
    expect(names).toContain('muster_gpu_relative_performance_ratio');
    expect(names).toContain('muster_gpu_job_info');
  });
  it('takes port errors before other readings', () => {
    const windows = seriesOf(fullNode, METRICS).filter(({ name }) => name.includes('_window_')).length;
    const names = namesIn(fullNode, all - windows - 1);
    expect(names).not.toContain('muster_nic_port_errors_total');
    expect(names).toContain('muster_gpu_throttle_active');
  });
  it('is kept as long as only readings go', () => {
    for (const cap of [all - 1, 900, 600]) expect(count(fullNode, { maxSeries: cap })).toBeLessThanOrEqual(cap);
  });
  it('never takes status or findings', () => {
    const names = namesIn(failingSnapshot(), 1);
    for (const name of ['check_status', 'finding_active', 'node_status', 'gpu_status', 'source_up'])
      expect(names).toContain(`muster_${name}`);
    expect(names).not.toContain('muster_gpu_power_watts');
  });
});
