import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/metrics/catalogue.ts';
import { metricsPage } from '../../src/metrics/docs.ts';
import { renderMetrics, seriesOf } from '../../src/metrics/render.ts';
import { failingSnapshot, snapshotOf } from '../support/snapshot.ts';
import { METRICS } from './options.ts';

const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;

describe('the catalogue', () => {
  it('has each name once, in the spelling of Prometheus', () => {
    const names = CATALOGUE.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type } of CATALOGUE) {
      expect(name).toMatch(/^muster_[a-z0-9_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
    }
  });

  it('states every label that a series carries', () => {
    for (const { name, labels } of [...seriesOf(snapshotOf(), METRICS), ...seriesOf(failingSnapshot(), METRICS)]) {
      const family = CATALOGUE.find((entry) => entry.name === name);
      expect(Object.keys(labels).filter((label) => !family?.labels.includes(label))).toEqual([]);
    }
  });

  it('never uses a label that belongs to the scrape, or has no bound; the job only where there is one a GPU', () => {
    const forbidden = ['node', 'instance', 'job', 'job_id', 'cluster', 'pid', 'message', 'hostname', 'type'];
    const used = CATALOGUE.flatMap(({ name, labels }) => labels.map((label) => ({ name, label })));
    expect(used.filter(({ label }) => forbidden.includes(label))).toEqual([
      { name: 'muster_gpu_job_info', label: 'job_id' },
    ]);
  });

  it('has no family that nothing fills', () => {
    const filled = new Set(
      [...seriesOf(failingSnapshot(), METRICS), ...seriesOf(snapshotOf(), METRICS)].map(({ name }) => name),
    );
    const only = CATALOGUE.map(({ name }) => name).filter((name) => !filled.has(name));
    expect(only).toEqual(['muster_check_errors_total']);
  });
});

describe(hasPromtool ? 'promtool check metrics' : 'promtool check metrics (skipped: promtool is not on PATH)', () => {
  it.skipIf(!hasPromtool).each([
    ['healthy', snapshotOf(), 'standard'],
    ['failing', failingSnapshot(), 'standard'],
    ['failing', failingSnapshot(), 'minimal'],
  ] as const)('finds nothing: %s', async (_, snapshot, detail) => {
    const text = await renderMetrics(snapshot, { ...METRICS, detail });
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
  });
});

it('the page names every metric', () => {
  const page = metricsPage();
  for (const { name } of CATALOGUE) expect(page).toContain(`\`${name}\``);
  expect(page).not.toContain('undefined');
});
