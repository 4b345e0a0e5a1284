import { describe, expect, test } from 'vitest';
import { simulate } from './simulator/simulate.ts';
import { faultsOf, HELD_OUT, SEVERITIES, suite } from './suite.ts';

const SMALL = 0.02;

describe('the suite', () => {
  test('is the same each time', () => {
    expect(JSON.stringify(suite('reporting', SMALL))).toBe(JSON.stringify(suite('reporting', SMALL)));
  });

  test('never tunes on what is held out: half of the faults and half of the workloads', () => {
    const tuning = suite('tuning', 0.1);
    const faults = new Set(tuning.flatMap(({ job }) => job.faults.map(({ kind }) => kind)));
    const workloads = new Set(tuning.map(({ workload }) => workload));
    expect(HELD_OUT.faults.filter((kind) => faults.has(kind))).toEqual([]);
    expect(HELD_OUT.workloads.filter((name) => workloads.has(name))).toEqual([]);
    expect(HELD_OUT.faults.length).toBe(Math.ceil(faultsOf('reporting').length / 2));
    expect(workloads.size).toBe(HELD_OUT.workloads.length);
  });

  test('shares no seed between its sets', () => {
    const seeds = new Set(suite('tuning', SMALL).map(({ seed }) => seed));
    expect(suite('reporting', SMALL).filter(({ seed }) => seeds.has(seed))).toEqual([]);
  });

  test('has every fault at every severity, and an id once', () => {
    const scenarios = suite('reporting', SMALL);
    expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
    for (const kind of faultsOf('reporting')) {
      const severities = scenarios
        .filter((scenario) => scenario.kind === 'fault')
        .flatMap(({ job }) => job.faults.filter((fault) => fault.kind === kind).map(({ jobSlowdown }) => jobSlowdown));
      // A power limit cannot be set so low that it would cost more.
      expect(severities, kind).toEqual(kind === 'power_limit' ? SEVERITIES.slice(0, 4) : [...SEVERITIES]);
    }
  });

  test('reports on at least 30,000 healthy node-hours', () => {
    const healthy = suite('reporting').filter(({ kind }) => kind === 'healthy');
    expect(healthy.reduce((sum, { nodeHours }) => sum + nodeHours, 0)).toBeGreaterThan(30_000);
    expect(healthy.every(({ job }) => job.faults.length === 0)).toBe(true);
  });

  test('can be simulated, every scenario of it', () => {
    for (const scenario of [...suite('tuning', 0.05), ...suite('reporting', 0.05)]) {
      const job = simulate({ ...scenario.job, durationSeconds: 120 }, scenario.seed);
      const text = [...job.ticks()].flatMap(({ nodes }) => nodes.map(({ csv }) => csv)).join('\n');
      expect(text, scenario.id).not.toMatch(/NaN|undefined|Infinity/);
      expect(text.length, scenario.id).toBeGreaterThan(0);
    }
  });
});
