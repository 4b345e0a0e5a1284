import { describe, expect, it } from 'vitest';
import laggingGpu from '../../../checks/straggler/lagging-gpu.ts';
import type { Effect, JobVerdict, StragglerLevel } from '../../../src/api.ts';
import { judgeWith, nodeRef } from '../../support/healthy-gpu.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';
import { healthyMinutes, jobVerdict, stragglerOf } from '../../support/snapshot.ts';

const compared = (gpus = 8) => healthyMinutes(gpus).map(({ ref }) => ({ component: ref, ratio: 1 }));

const judge = (...jobs: JobVerdict[]) =>
  judgeWith(laggingGpu, { gpuMinutes: healthyMinutes(), stragglers: { jobs, relativePerformance: compared() } });

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
      observed: 'sm_clock 1560 MHz',
      expected: 'about 1875 MHz, as its 7 peers',
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

  it('says each effect in the unit in which nvidia-smi prints it, and against whom', () => {
    const [clock] = stragglerOf().effects;
    if (clock === undefined) throw new Error('no effect');
    const effects: readonly Effect[] = [
      { ...clock, feature: 'power', family: 'power', observed: 521.4, peerMedian: 650, deviation: 0.198, peers: 0 },
      { ...clock, feature: 'temperature', family: 'thermal', observed: 84, peerMedian: 72, deviation: 12 },
      { ...clock, feature: 'busy', family: 'progress', observed: 0.61, peerMedian: 0.97, deviation: 0.371 },
      { ...clock, feature: 'step_time', family: 'progress', observed: 1.2345, peerMedian: 1, deviation: 0.2345 },
    ];
    const found = findingOf(judge(jobVerdict({ verdict: 'likely', stragglers: [stragglerOf({ effects })] })));
    expect(found).toMatchObject({
      observed: 'power 521 W',
      expected: 'about 650 W, as in its own past',
      evidence: { effects: 'power 19.8 % against its own past; temperature 12 K; busy 37.1 %; step_time 23.5 %' },
    });
    const shown = effects.slice(1).map((effect) => {
      const stragglers = [stragglerOf({ effects: [effect] })];
      const one = findingOf(judge(jobVerdict({ verdict: 'likely', stragglers })));
      return [one?.observed, one?.expected];
    });
    expect(shown).toEqual([
      ['temperature 84 °C', 'about 72 °C, as its 7 peers'],
      ['busy 61 %', 'about 97 %, as its 7 peers'],
      ['step_time 1.23 s', 'about 1 s, as its 7 peers'],
    ]);
  });

  it('does not acquit a GPU that tells nothing, nor one that was not compared', () => {
    const [first, second, third, ...rest] = healthyMinutes();
    if (first === undefined || second === undefined || third === undefined) throw new Error('no minutes');
    const { window: _, ...silent } = second;
    const { window: __, ...accusedAndSilent } = { ...third };
    const judgements = judgeWith(laggingGpu, {
      gpuMinutes: [first, silent, accusedAndSilent, ...rest],
      stragglers: {
        jobs: [jobVerdict({ verdict: 'likely', stragglers: [stragglerOf({ component: third.ref })] })],
        relativePerformance: compared().slice(1),
      },
    });
    expect(unjudgedIn(judgements)).toEqual(['gpu0 all no-history', 'gpu1 all stale', 'gpu2 all stale']);
    expect(passesIn(judgements)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^gpu[012] /)]));
    expect(findingsIn(judgements)).toEqual([]);
  });

  it('accuses a GPU in the job that it works for now, at the worst level of several', () => {
    const jobs = [
      jobVerdict({ verdict: 'confirmed', stragglers: [stragglerOf({ level: 'confirmed', jobId: '4242' })] }),
      jobVerdict({ jobId: '99', verdict: 'clean' }),
    ];
    const minutes = healthyMinutes().map((minute) => (minute.ref.index === 3 ? { ...minute, jobId: '99' } : minute));
    const stragglers = { jobs, relativePerformance: compared() };
    expect(findingsIn(judgeWith(laggingGpu, { gpuMinutes: minutes, stragglers }))).toEqual([]);
    const several = (['suspect', 'confirmed', 'likely'] as const).map((level) => stragglerOf({ level }));
    expect(findingsIn(judge(jobVerdict({ verdict: 'confirmed', stragglers: several })))).toEqual(['gpu3 confirmed']);
    const node = { ...nodeRef, key: 'node:' };
    const whole = (['suspect', 'likely'] as const).map((level) =>
      jobVerdict({ jobId: level, stragglers: [stragglerOf({ level, component: node, jobId: level })] }),
    );
    expect(findingsIn(judge(...whole))).toEqual(['node likely']);
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
      stragglers: { jobs, relativePerformance: compared(4) },
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
