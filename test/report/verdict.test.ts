import { describe, expect, it } from 'vitest';
import { countsInWords } from '../../src/report/counts.ts';
import { exitCodeOf } from '../../src/report/exit-codes.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { gpuRef, NOW, nodeRef } from '../support/healthy-gpu.ts';
import {
  checkOf,
  failingCheck,
  failingSnapshot,
  findingOf,
  gpuCheck,
  skippedCheck,
  snapshotOf,
} from '../support/snapshot.ts';
import { OPTIONS } from './options.ts';

const gpuPasses = gpuCheck('gpu/ecc-errors');
const warning = failingCheck([findingOf({ check: 'thermal/hot-gpus', severity: 'WARNING', component: gpuRef(1) })]);
const critical = failingCheck([findingOf({ check: 'gpu/xid-errors', component: gpuRef(3) })]);
const info = failingCheck([findingOf({ check: 'node/unknown-machine', severity: 'INFO', component: nodeRef })]);
const unknown = checkOf('gpu/row-remaps', {
  severity: 'UNKNOWN',
  reason: 'no answer',
  judged: [],
  unjudged: [{ component: gpuRef(2), reason: 'timeout', detail: 'no answer', verdict: 'UNKNOWN' }],
});

describe('overall and ready', () => {
  it.each([
    ['passes', [gpuPasses], {}, 'PASS', true],
    ['information', [gpuPasses, info], {}, 'INFO', true],
    ['a warning', [gpuPasses, warning, info], {}, 'WARNING', true],
    ['a warning with --fail-on warning', [gpuPasses, warning], { failOn: 'warning' }, 'WARNING', false],
    ['unknown over a warning', [gpuPasses, warning, unknown], {}, 'UNKNOWN', false],
    ['unknown let through', [gpuPasses, unknown], { unknown: 'pass' }, 'UNKNOWN', true],
    [
      'a warning that hides below an unknown let through',
      [gpuPasses, warning, unknown],
      { unknown: 'pass', failOn: 'warning' },
      'UNKNOWN',
      false,
    ],
    ['critical over unknown', [gpuPasses, critical, unknown], { unknown: 'pass' }, 'CRITICAL', false],
  ] as const)('%s', (_, checks, options, overall, ready) => {
    const verdict = verdictOf(snapshotOf({ checks }), { ...OPTIONS, ...options });
    expect([verdict.overall_severity, verdict.ready]).toEqual([overall, ready]);
    expect(exitCodeOf(verdict) === 0).toBe(verdict.ready);
  });

  it('is unknown where nothing under gpu/ was judged, whatever else passed', () => {
    const checks = [checkOf('network/link-down'), skippedCheck('gpu/ecc-errors', 'nothing here')];
    const verdict = verdictOf(snapshotOf({ checks }), OPTIONS);
    expect([verdict.overall_severity, verdict.ready]).toEqual(['UNKNOWN', false]);
    expect(verdictOf(snapshotOf({ checks }), { ...OPTIONS, expectGpus: false }).overall_severity).toBe('PASS');
  });

  it('is unknown where nothing at all was judged, GPUs or not', () => {
    const checks = [skippedCheck('host/disk-full', 'not recorded')];
    expect(verdictOf(snapshotOf({ checks }), { ...OPTIONS, expectGpus: false }).overall_severity).toBe('UNKNOWN');
  });
});

describe('what does not count', () => {
  it.each([
    ['suppressed', failingCheck([findingOf({ suppressedUntil: NOW + 1 })])],
    ['observed', failingCheck([findingOf()], { mode: 'observe' })],
  ] as const)('a finding that is %s is shown and decides nothing', (_, check) => {
    const verdict = verdictOf(snapshotOf({ checks: [gpuPasses, check] }), OPTIONS);
    expect([verdict.overall_severity, verdict.ready, verdict.counts.critical]).toEqual(['PASS', true, 0]);
    expect(verdict.affected_components).toEqual([]);
    expect(verdict.checks[1]?.findings).toHaveLength(1);
  });

  it('a finding that is suppressed says who did it and why, and its check has not passed', () => {
    const finding = findingOf({ suppressedUntil: NOW + 60_000, suppressedBy: 'alice: cable ordered, ticket 17' });
    const verdict = verdictOf(snapshotOf({ checks: [gpuPasses, failingCheck([finding])] }), OPTIONS);
    expect(verdict.checks[1]?.findings[0]).toMatchObject({
      suppressed_until: new Date(NOW + 60_000).toISOString(),
      suppressed_by: 'alice: cable ordered, ticket 17',
    });
    expect(countsInWords(verdict)).toBe('1 passed, 1 suppressed');
    const over = { ...finding, suppressedUntil: NOW - 1 };
    const later = verdictOf(snapshotOf({ checks: [gpuPasses, failingCheck([over])] }), OPTIONS);
    expect(later.checks[1]?.findings[0]).not.toHaveProperty('suppressed_by');
    expect(countsInWords(later)).toBe('1 critical, 1 passed');
  });

  it('an expired suppression counts again and is no longer shown', () => {
    const check = failingCheck([findingOf({ suppressedUntil: NOW - 1 })]);
    const verdict = verdictOf(snapshotOf({ checks: [gpuPasses, check] }), OPTIONS);
    expect(verdict.ready).toBe(false);
    expect(verdict.checks[1]?.findings[0]).not.toHaveProperty('suppressed_until');
  });

  it('what is left beside a suppressed finding still counts', () => {
    const check = failingCheck([
      findingOf({ suppressedUntil: NOW + 1 }),
      findingOf({ severity: 'WARNING', component: gpuRef(4) }),
    ]);
    expect(verdictOf(snapshotOf({ checks: [gpuPasses, check] }), OPTIONS).overall_severity).toBe('WARNING');
  });
});

describe('a selection of GPUs', () => {
  const only = (...indices: readonly number[]) => ({
    ...OPTIONS,
    gpus: (gpu: { readonly index?: number }) => indices.includes(gpu.index ?? -1),
  });

  it('leaves out findings and silence about the other GPUs', () => {
    const verdict = verdictOf(snapshotOf({ checks: [gpuPasses, critical, unknown, warning] }), only(0, 5));
    expect(verdict.ready).toBe(true);
    expect(verdict.checks.flatMap(({ findings, unjudged }) => [...findings, ...unjudged])).toEqual([]);
  });

  it('keeps what is about the chosen ones', () => {
    const verdict = verdictOf(snapshotOf({ checks: [gpuPasses, critical, unknown] }), only(2));
    expect([verdict.overall_severity, verdict.checks[2]?.reason]).toEqual(['UNKNOWN', 'no answer']);
  });

  it('never leaves out the node, its NICs and the fabric', () => {
    const verdict = verdictOf(failingSnapshot(), only(0));
    expect(verdict.checks.flatMap(({ findings }) => findings).map(({ check }) => check)).toEqual([
      'network/link-down',
      'network/link-flaps',
    ]);
    expect(verdict.ready).toBe(false);
  });

  it('turns a check that says nothing about them into SKIPPED, not PASS', () => {
    const verdict = verdictOf(snapshotOf({ checks: [gpuPasses, critical] }), only(0));
    expect(verdict.checks[1]).toMatchObject({ severity: 'SKIPPED', reason: expect.stringContaining('chosen GPUs') });
  });
});

it('sums up by category, the worst first, with the names that people use', () => {
  expect(verdictOf(failingSnapshot(), OPTIONS).affected_components).toEqual([
    {
      category: 'gpu',
      max_severity: 'CRITICAL',
      check_ids: ['gpu/nvlink-errors', 'gpu/xid-errors'],
      entities: ['GPU 0', 'GPU 1', 'GPU 2', 'GPU 3', 'GPU 4', 'GPU 6'],
    },
    { category: 'network', max_severity: 'CRITICAL', check_ids: ['network/link-down'], entities: ['NIC mlx5_2/1'] },
    { category: 'thermal', max_severity: 'WARNING', check_ids: ['thermal/thermal-throttle'], entities: ['GPU 6'] },
  ]);
});

describe('exit codes', () => {
  const verdictWith = (overall_severity: 'PASS' | 'INFO' | 'WARNING' | 'CRITICAL' | 'UNKNOWN', ready: boolean) => ({
    ...verdictOf(snapshotOf(), OPTIONS),
    overall_severity,
    ready,
  });
  it.each([
    ['PASS', true, 0, 0, 0],
    ['INFO', true, 0, 0, 0],
    ['WARNING', true, 0, 1, 0],
    ['WARNING', false, 1, 1, 1],
    ['CRITICAL', false, 1, 2, 1],
    ['UNKNOWN', false, 1, 3, 2],
    ['UNKNOWN', true, 0, 3, 0],
  ] as const)('%s, ready %s: validate %i, nagios %i, npd %i', (overall, ready, validate, nagios, npd) => {
    const verdict = verdictWith(overall, ready);
    expect([exitCodeOf(verdict), exitCodeOf(verdict, 'nagios'), exitCodeOf(verdict, 'npd')]).toEqual([
      validate,
      nagios,
      npd,
    ]);
  });
});
