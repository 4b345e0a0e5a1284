import { describe, expect, it } from 'vitest';
import laggingGpu from '../../../checks/straggler/lagging-gpu.ts';
import type { JobVerdict, StragglerLevel } from '../../../src/api.ts';
import { judgeWith, nodeRef } from '../../support/healthy-gpu.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';
import { healthyMinutes, jobVerdict, stragglerOf } from '../../support/snapshot.ts';

const judge = (...jobs: JobVerdict[]) =>
  judgeWith(laggingGpu, { gpuMinutes: healthyMinutes(), stragglers: { jobs, relativePerformance: [] } });

const accusing = (level: StragglerLevel): JobVerdict =>
  jobVerdict({ verdict: level, stragglers: [stragglerOf({ level })] });

describe('straggler/lagging-gpu', () => {
  it('passes every GPU and the node where nothing stands out', () => {
    const judgements = judge(jobVerdict());
    expect(passesIn(judgements)).toHaveLength(9);
    expect(findingsIn(judgements)).toEqual([]);
  });

  it.each([
    ['suspect', 'WARNING'],
    ['likely', 'WARNING'],
    ['confirmed', 'CRITICAL'],
  ] as const)('%s is %s, never drains, and ends what was said at other levels', (level, severity) => {
    const judgements = judge(accusing(level));
    expect(findingsIn(judgements)).toEqual([`gpu3 ${level}`]);
    expect(laggingGpu.rules[level]).toMatchObject({ severity, action: { drain: false } });
    const others = ['suspect', 'likely', 'confirmed'].filter((other) => other !== level);
    expect(passesIn(judgements).filter((pass) => pass.startsWith('gpu3'))).toEqual(others.map((one) => `gpu3 ${one}`));
  });

  it('says what was seen, against whom, what it costs and what would settle it', () => {
    expect(findingOf(judge(accusing('likely')))).toMatchObject({
      message: expect.stringContaining('thermally throttled 40 %'),
      observed: 'sm_clock 1560000000',
      expected: 'about 1880000000, as its 7 peers',
      evidence: {
        job_id: '4242',
        families: 'thermal clock',
        causes: 'thermally throttled 40 % of the last 5 min, 84 °C',
        effects: 'sm_clock 16.8 %',
        slowdown: '5 % to 20 %',
        first_seen: '2025-06-01T11:45:00.000Z',
        next_step: 'look for a blocked fan',
      },
    });
  });

  it('never invents a slowdown', () => {
    const { slowdown: _, ...withoutSlowdown } = stragglerOf();
    const found = findingOf(judge(jobVerdict({ verdict: 'likely', stragglers: [withoutSlowdown] })));
    expect(found?.evidence).toMatchObject({ slowdown: 'unknown' });
  });

  it('does not acquit what could not be looked at', () => {
    const judgements = judge(jobVerdict({ verdict: 'cannot_tell', reason: 'the GPUs are not busy' }));
    expect(passesIn(judgements)).toEqual([]);
    expect(unjudgedIn(judgements)).toHaveLength(8);
    expect(unjudgedIn(judgements)[0]).toBe('gpu0 all no-history');
  });

  it.each(['job_shaped', 'shared_cause'] as const)('%s accuses nobody', (verdict) => {
    expect(findingsIn(judge(jobVerdict({ verdict })))).toEqual([]);
  });

  it('accuses the node as a whole where no GPU of it stands out', () => {
    const whole = stragglerOf({ component: { ...nodeRef, key: 'node:' } });
    const judgements = judge(jobVerdict({ verdict: 'likely', stragglers: [whole] }));
    expect(findingsIn(judgements)).toEqual(['node likely']);
    expect(passesIn(judgements)).not.toContain('node all');
  });

  it('knows one job from the other on a shared node', () => {
    const minutes = healthyMinutes().map((minute) => ({
      ...minute,
      jobId: (minute.ref.index ?? 0) < 4 ? '4242' : '',
    }));
    const jobs = [accusing('suspect'), jobVerdict({ jobId: '', verdict: 'cannot_tell', reason: 'not busy' })];
    const judgements = judgeWith(laggingGpu, {
      gpuMinutes: minutes,
      stragglers: { jobs, relativePerformance: [] },
    });
    expect(passesIn(judgements).filter((pass) => pass.endsWith('all'))).toEqual([
      'gpu0 all',
      'gpu1 all',
      'gpu2 all',
      'node all',
    ]);
    expect(unjudgedIn(judgements)).toHaveLength(4);
  });
});
