import { describe, expect, it } from 'vitest';
import repeatOffender from '../../../checks/straggler/repeat-offender.ts';
import { absent, type Component, type PastFinding } from '../../../src/api.ts';
import { gpuRef, healthyGpus, judgeWith, NOW, nodeRef } from '../../support/healthy-gpu.ts';
import { nicRef } from '../../support/healthy-nic.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

const DAY = 86_400_000;

const past = (daysAgo: number, over: Partial<PastFinding> = {}): PastFinding => ({
  check: 'gpu/xid-errors',
  code: 'fatal',
  severity: 'CRITICAL',
  drain: true,
  component: gpuRef(2),
  from: NOW - daysAgo * DAY,
  to: NOW - daysAgo * DAY + 3_600_000,
  ...over,
});

const verdict = (code: string, daysAgo: number): PastFinding =>
  past(daysAgo, { check: 'straggler/lagging-gpu', code, severity: 'WARNING', drain: false });

const judge = (pastFindings: readonly PastFinding[]) =>
  judgeWith(repeatOffender, { pastFindings, gpus: healthyGpus(4) });

describe('straggler/repeat-offender', () => {
  it('passes a node of which nothing is told', () => {
    expect(passesIn(judge([]))).toHaveLength(5);
    expect(findingsIn(judge([]))).toEqual([]);
  });

  it('finds the GPU that was drained three times, with what it counted', () => {
    const judgements = judge([past(20), past(11), past(2)]);
    expect(findingsIn(judgements)).toEqual(['gpu2 offends-again']);
    expect(passesIn(judgements)).toHaveLength(4);
    const { evidence, message } = findingOf(judgements) ?? {};
    expect(message).toMatch(/GPU 2 failed 3 times in the last 28 days: 6 points/);
    expect(evidence).toMatchObject({ episodes: 3, score: 6 });
    expect(evidence?.counted).toMatch(/2025-05-12T12:00Z gpu\/xid-errors fatal \(2\); .*2025-05-30T12:00Z/);
  });

  it.each<{ name: string; findings: readonly PastFinding[] }>([
    { name: 'two drains', findings: [past(20), past(2)] },
    { name: 'one verdict of the detector', findings: [verdict('confirmed', 3)] },
    {
      name: 'one incident that five checks saw, again and again within its day',
      findings: [
        'gpu/xid-errors',
        'gpu/lost-gpus',
        'gpu/recovery-action-pending',
        'gpu/row-remaps',
        'gpu/ecc-errors',
      ].map((check, i) => past(2 - i * 0.1, { check })),
    },
    { name: 'drains of more than four weeks ago', findings: [past(40), past(33), past(29), past(1)] },
    {
      name: 'warnings and notes',
      findings: [1, 3, 5, 7, 9, 11].flatMap((day) => [
        past(day, { check: 'thermal/hot-gpus', severity: 'WARNING', drain: false }),
        past(day, { severity: 'INFO', drain: false }),
        past(day, { check: 'straggler/at-risk', code: 'clocks-locked', severity: 'WARNING', drain: false }),
        past(day, { check: 'straggler/repeat-offender', code: 'offends-again', severity: 'WARNING', drain: false }),
        verdict('suspect', day),
      ]),
    },
    {
      name: 'what the board before it did',
      findings: [20, 11, 2].map((day) =>
        past(day, { component: { ...gpuRef(2), key: 'gpu:GPU-old', uuid: 'GPU-old' } }),
      ),
    },
    {
      name: 'a degraded agent',
      findings: [20, 11, 2].map((day) => past(day, { check: 'host/agent-degraded', component: nodeRef })),
    },
  ])('does not accuse by $name', ({ findings }) => {
    expect(findingsIn(judge(findings))).toEqual([]);
  });

  it('counts verdicts of stragglers, and Xids that drained nothing', () => {
    expect(findingsIn(judge([verdict('confirmed', 9), verdict('likely', 3)]))).toEqual(['gpu2 offends-again']);
    const xids = [25, 20, 15, 10, 5].map((day) => past(day, { severity: 'WARNING', drain: false }));
    expect(findingsIn(judge(xids))).toEqual(['gpu2 offends-again']);
    expect(findingsIn(judge(xids.slice(1)))).toEqual([]);
  });

  it('lays what ports did to the node', () => {
    const port = (day: number, component: Component) =>
      past(day, { check: 'network/link-down', code: 'down', component });
    expect(findingsIn(judge([port(20, nicRef(1)), port(11, nicRef(3)), port(2, nodeRef)]))).toEqual([
      'node offends-again',
    ]);
  });

  it('still tells of GPUs that do not answer, and passes none of them', () => {
    const gpus = absent('hung', 'nvidia-smi does not answer');
    const judgements = judgeWith(repeatOffender, { pastFindings: [past(20), past(11), past(2)], gpus });
    expect(findingsIn(judgements)).toEqual(['gpu2 offends-again']);
    expect(unjudgedIn(judgements)).toEqual(['node offends-again hung']);
  });

  it('judges nothing where nothing is remembered', () => {
    const pastFindings = absent('no-history', 'the agent has not watched this node for three days yet');
    expect(judgeWith(repeatOffender, { pastFindings, gpus: healthyGpus(4) })).toEqual([]);
  });
});
