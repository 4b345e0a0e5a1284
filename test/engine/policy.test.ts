import { describe, expect, it } from 'vitest';
import { type Component, hostPart, NODE } from '../../src/api.ts';
import { createLifetimes } from '../../src/engine/lifetimes.ts';
import type { CheckResult, FindingRecord } from '../../src/engine/snapshot.ts';
import { createSuppressions, type StatedSuppression } from '../../src/engine/suppressions.ts';
import { judgeMoments, momentsOf, STARTED_AT, verdictOfSnapshot } from '../support/judge-machine.ts';

const HOUR = 3_600_000;
const stated = (over: Partial<StatedSuppression> = {}): StatedSuppression => ({
  check: 'gpu/*',
  owner: 'ann',
  reason: 'board ordered',
  until: STARTED_AT + HOUR,
  setBy: '/etc/muster/muster.yaml:2:5',
  ...over,
});

const xid = async (settings: Parameters<typeof judgeMoments>[1]) => {
  const snapshot = await judgeMoments(momentsOf('hgx-h100-8+xid79@gpu3'), settings, { only: 'gpu/xid-errors' });
  const [check] = snapshot.checks.filter(({ id }) => id === 'gpu/xid-errors');
  return { snapshot, check };
};

describe('a check that the configuration narrows', () => {
  const narrowed = (contexts: readonly ('continuous' | 'prejob')[]) => ({
    checks: { 'gpu/xid-errors': { mode: 'enforce' as const, contexts, options: {} } },
  });

  it('says nothing elsewhere, and why', async () => {
    const { check, snapshot } = await xid(narrowed(['continuous']));
    expect(check).toMatchObject({
      severity: 'SKIPPED',
      leftOut: true,
      reason: 'the configuration lets it count in continuous, not in prejob',
      findings: [],
    });
    expect(snapshot.overall).not.toBe('CRITICAL');
  });

  it('judges as ever where it counts', async () => {
    const { check } = await xid(narrowed(['prejob']));
    expect(check).toMatchObject({ severity: 'CRITICAL' });
    expect(check).not.toHaveProperty('leftOut');
  });

  it('shows nothing of what was found elsewhere, and drops it where it no longer counts', () => {
    const gpu: Component = { kind: 'gpu', key: 'gpu:0', index: 0 };
    const record = { check: 'gpu/test', code: 'warm', severity: 'WARNING', component: gpu, related: [] };
    const found = { ...record, lifetime: 'condition', action: { drain: false, then: 'watch' }, evidence: {} };
    const result = {
      id: 'gpu/test',
      severity: 'WARNING',
      besides: 'PASS',
      mode: 'enforce',
      findings: [found as unknown as FindingRecord],
      unjudged: [],
      judged: [gpu],
      sampledAt: 1,
    } as unknown as CheckResult;
    const out: CheckResult = { ...result, severity: 'SKIPPED', findings: [], judged: [], leftOut: true, reason: 'why' };
    const lifetimes = createLifetimes();
    const check = { id: 'gpu/test', rules: {} } as never;
    lifetimes.apply(check, result, { now: 1, bootedAt: 0 });
    expect(lifetimes.withRaised({ ...result, severity: 'SKIPPED', findings: [] }, 2).findings).toHaveLength(1);
    expect(lifetimes.withRaised(out, 2)).toEqual(out);
    expect(lifetimes.apply(check, out, { now: 2, bootedAt: 0 })).toEqual(out);
    expect(lifetimes.takeChanges().map(({ type, reason }) => [type, reason])).toEqual([
      ['finding_raised', undefined],
      ['finding_cleared', 'why'],
    ]);
    expect(lifetimes.save()).toEqual([]);
  });
});

describe('a suppression that the configuration states', () => {
  it.each(['gpu3', 'GPU 3', undefined])('sets aside findings about %s, and says who said so', async (component) => {
    const one = stated(component === undefined ? {} : { component });
    const { check, snapshot } = await xid({ suppressions: [one] });
    expect(check?.findings).toMatchObject([{ suppressedUntil: one.until, suppressedBy: 'ann: board ordered' }]);
    expect(snapshot.overall).not.toBe('CRITICAL');
    expect(verdictOfSnapshot(snapshot).checks.find(({ id }) => id === 'gpu/xid-errors')?.findings).toMatchObject([
      { suppressed_until: new Date(one.until).toISOString(), suppressed_by: 'ann: board ordered' },
    ]);
  });

  it.each([
    ['another GPU', stated({ component: 'gpu4' })],
    ['another check', stated({ check: 'thermal/*' })],
    ['a time that is over', stated({ until: STARTED_AT + 5000 })],
  ])('about %s sets nothing aside', async (_, one) => {
    const { check, snapshot } = await xid({ suppressions: [one] });
    expect(check?.findings).toHaveLength(1);
    expect(check?.findings[0]).not.toHaveProperty('suppressedUntil');
    expect(snapshot.overall).toBe('CRITICAL');
  });

  it('gives way to a longer one of the agent, and the other way round', () => {
    const finding = { component: { kind: 'gpu', key: 'k', index: 3 } } as FindingRecord;
    const result = { id: 'gpu/xid-errors', findings: [finding], unjudged: [] } as unknown as CheckResult;
    const suppressions = createSuppressions();
    suppressions.configure([stated({ until: 200 })]);
    suppressions.add({ check: 'gpu/*', owner: 'bob', reason: 'x', from: 0, until: 100 });
    expect(suppressions.mark(result, 50).findings[0]?.suppressedBy).toBe('ann: board ordered');
    suppressions.add({ check: 'gpu/*', owner: 'bob', reason: 'x', from: 0, until: 300 });
    expect(suppressions.mark(result, 50).findings[0]?.suppressedBy).toBe('bob: x');
    // What the configuration states is no memory of the agent.
    expect(suppressions.active(50)).toHaveLength(1);
  });

  it.each([
    ['nvme3', ['node:nvme3']],
    ['node', ['node:nvme3']],
    ['nvme4', []],
    [undefined, []],
  ])('about %s takes the silence of %j out of account, never that of the node itself', (component, silenced) => {
    const silent = [NODE, hostPart('nvme3')].map((part) => ({ component: part, verdict: 'UNKNOWN' }));
    const result = { id: 'host/nvme-errors', findings: [], unjudged: silent } as unknown as CheckResult;
    const suppressions = createSuppressions();
    suppressions.configure([
      stated({ check: 'host/*', until: 200, ...(component === undefined ? {} : { component }) }),
    ]);
    const { unjudged } = suppressions.mark(result, 50);
    const marked = unjudged.filter(({ suppressedUntil }) => suppressedUntil === 200);
    expect(marked.map((one) => one.component.key)).toEqual(silenced);
  });

  it('is told to be over once, when it ends while it is in force', () => {
    const suppressions = createSuppressions();
    suppressions.configure([stated({ until: 100 }), stated({ until: 10, check: 'old/*' })]);
    expect(suppressions.takeEnded(50)).toEqual([]);
    expect(suppressions.takeEnded(99)).toEqual([]);
    expect(suppressions.takeEnded(100)).toMatchObject([{ check: 'gpu/*' }]);
    expect(suppressions.takeEnded(101)).toEqual([]);
  });
});
