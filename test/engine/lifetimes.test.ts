import { describe, expect, it } from 'vitest';
import { type Component, defineCheck } from '../../src/api.ts';
import { createLifetimes } from '../../src/engine/lifetimes.ts';
import type { CheckResult, FindingRecord } from '../../src/engine/snapshot.ts';

const gpu: Component = { kind: 'gpu', key: 'gpu:0', index: 0 };
const action = { drain: false, then: 'watch' } as const;

const check = defineCheck({
  apiVersion: 1,
  id: 'gpu/test',
  title: 'Test',
  why: '',
  source: '',
  remedy: '',
  contexts: ['continuous'],
  requires: ['gpus'],
  raise: { hits: 2, of: 3, clear: 2 },
  rules: {
    warm: { title: 'warm', severity: 'WARNING', action, lifetime: 'condition' },
    xid: { title: 'xid', severity: 'CRITICAL', action, lifetime: { clearedBy: 'reboot' } },
  },
  judge: () => [],
});

const finding = (code: string): FindingRecord => ({
  check: check.id,
  code,
  title: code,
  severity: code === 'xid' ? 'CRITICAL' : 'WARNING',
  component: gpu,
  related: [],
  message: code,
  evidence: {},
  action,
});

const result = (ranAt: number, o: { findings?: string[]; judged?: boolean; unknown?: boolean }): CheckResult => ({
  id: check.id,
  category: 'gpu',
  title: 'Test',
  severity: o.findings?.length ? 'WARNING' : 'PASS',
  mode: 'enforce',
  findings: (o.findings ?? []).map(finding),
  unjudged: o.unknown ? [{ component: gpu, reason: 'timeout', detail: 'd', verdict: 'UNKNOWN' }] : [],
  judged: o.judged === false ? [] : [gpu],
  ranAt,
  factsAt: ranAt,
  errors: 0,
});

const play = (...steps: Parameters<typeof result>[1][]): CheckResult[] => {
  const lifetimes = createLifetimes();
  return steps.map((step, i) => lifetimes.apply(check, result(i, step)));
};
const warm = { findings: ['warm'] };

describe('a condition', () => {
  it('is raised by 2 of 3 and dropped after 2 passes in a row', () => {
    const severities = play(warm, {}, warm, {}, warm, {}, {}).map(({ severity }) => severity);
    expect(severities).toEqual(['PASS', 'PASS', 'WARNING', 'WARNING', 'WARNING', 'WARNING', 'PASS']);
  });

  it('stays while its component is not judged, or not judged in full', () => {
    const played = play(warm, warm, { judged: false }, { unknown: true }, { unknown: true }, { unknown: true });
    expect(played.at(-1)?.findings).toHaveLength(1);
    expect(played.at(-1)?.severity).toBe('UNKNOWN');
  });

  it('keeps the time at which it was first seen', () => {
    expect(play(warm, warm, warm).at(-1)?.findings[0]?.firstSeen).toBe(0);
  });
});

describe('an event', () => {
  it('is raised at once and goes when its check no longer reports it', () => {
    const played = play({ findings: ['xid'] }, {});
    expect(played[0]?.severity).toBe('CRITICAL');
    expect(played[1]?.findings).toEqual([]);
  });
});
