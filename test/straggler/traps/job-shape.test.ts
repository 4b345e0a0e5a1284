import { describe, expect, it } from 'vitest';
import { faultOf, jobSpec } from '../../evaluation/simulator/support.ts';
import { minutesOf, stragglerOf, watch, watchJob } from './drive.ts';
import { stepLines } from './step-lines.ts';
import { heldDownByHeat, isFrom, SAME, written } from './written.ts';

const EIGHT = Array.from({ length: 8 }, () => 'gb200' as const);
const HEALTHY = written({ nodes: 4, minutes: 30, differs: () => SAME });
/** Four stages of a Megatron trace of ByteDance (StragglerAnalysis, OSDI'25): the last takes 1.63 times as long. */
const LAST_STAGE = 1.63;

const pipeline = (changes: Parameters<typeof jobSpec>[0] = {}) => {
  const spec = jobSpec({ products: EIGHT, durationSeconds: 3900, ...changes }, 'three_d_parallel');
  return {
    ...spec,
    workload: {
      ...spec.workload,
      tensorParallel: 4,
      pipelineStages: 4,
      microbatches: 16,
      stepSeconds: 4,
      roleOf: (stage: number) => ({
        name: `stage-${stage}`,
        time: stage === 3 ? LAST_STAGE : 1,
        load: stage === 3 ? 1.03 : 1,
      }),
    },
  };
};

describe('a last pipeline stage that has more to do', () => {
  it.each([true, false])('accuses nobody (stages told: %s)', (rolesKnown) => {
    const seen = watchJob(pipeline({ rolesKnown }));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('is the shape of the job: a group of nodes draws 35 % more', () => {
    const seen = watch(written({ nodes: 8, minutes: 40, differs: ({ node }) => (node < 6 ? { watts: 474 } : SAME) }));
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'job_shaped']);
    expect(seen.whole.reason).toMatch(/^NOT A NODE PROBLEM: node-007, node-008: 3\d % more power than/);
  });

  it('is the shape of the job where the boards of a stage differ among themselves', () => {
    expect(watchJob(pipeline()).whole.verdict).toBe('job_shaped');
  });

  it.each([true, false])('hides no hot GPU among the others (stages told: %s)', (rolesKnown) => {
    const faults = [faultOf('thermal', { node: 7, gpu: 2, jobSlowdown: 0.2 })];
    expect(watchJob(pipeline({ rolesKnown, faults })).accused).toEqual(['node-008 GPU 2']);
  });

  it('is a stage in the step times too', () => {
    const steps = stepLines({ ranks: 32, factor: (rank) => (rank >= 24 ? LAST_STAGE : 1) });
    const seen = watch(HEALTHY, { steps });
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'job_shaped']);
  });

  it('hides no slow rank of its own where the job tells its stages', () => {
    const steps = stepLines({
      ranks: 32,
      factor: (rank) => (rank >= 24 ? LAST_STAGE : 1) * (rank === 29 ? 1.12 : 1),
      roleOf: (rank) => `stage-${rank >> 3}`,
    });
    const seen = watch(HEALTHY, { steps });
    expect([seen.accused, seen.suspected]).toEqual([[], ['node-004 GPU 5']]);
    expect(seen.whole.verdict).toBe('suspect');
  });
});

describe('a slow first rank beside a slow last stage', () => {
  // ByteDance's example with two reasons: rank 0 at 2.35 times, and four ranks of the last stage far outside the rest.
  const steps = stepLines({ ranks: 32, factor: (rank) => (rank === 0 ? 2.35 : rank >= 28 ? 1.15 : 1) });

  it('accuses nobody of the stage', () => {
    const { accused, suspected } = watch(HEALTHY, { steps });
    expect([...accused, ...suspected].filter((name) => name !== 'node-001 GPU 0')).toEqual([]);
  });

  it('names the rank and leaves the stage alone', () => {
    const seen = watch(HEALTHY, { steps });
    expect([seen.accused, seen.suspected]).toEqual([[], ['node-001 GPU 0']]);
    expect(stragglerOf(seen, 'node-001 GPU 0')?.effects).toMatchObject([{ feature: 'step_time' }]);
  });

  it('is confirmed where the GPU of that rank has a reason to be slow', () => {
    const hot = written({
      nodes: 4,
      minutes: 60,
      differs: (place) => (place.node === 0 && place.gpu === 0 && isFrom(place, 20) ? heldDownByHeat(0.1) : SAME),
    });
    const seen = watch(hot, { steps });
    expect([seen.accused, seen.suspected]).toEqual([['node-001 GPU 0'], []]);
    expect(seen.whole.verdict).toBe('confirmed');
  });
});

describe('sequences of different lengths', () => {
  /** Attention costs the square of the length: a tenth and more above the median in about a quarter of all rank-steps. */
  const uneven = (draw: () => number): number => Math.exp(0.14 * draw());

  it('are the workload: another rank is the slowest in each step', () => {
    const steps = stepLines({ ranks: 32, factor: (_rank, _step, draw) => uneven(draw) });
    const seen = watch(HEALTHY, { steps });
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'job_shaped']);
  });

  it('hide no rank that is slow in nearly all of them', () => {
    const steps = stepLines({ ranks: 32, factor: (rank, _step, draw) => uneven(draw) * (rank === 13 ? 1.5 : 1) });
    const seen = watch(HEALTHY, { steps });
    expect([...seen.accused, ...seen.suspected]).toEqual(['node-002 GPU 5']);
  });

  const spec = jobSpec({ products: ['gb200', 'gb200', 'gb200', 'gb200'], durationSeconds: 3900 }, 'long_context');

  it('accuse nobody by what the GPUs show', () => {
    expect(watchJob(spec).accused).toEqual([]);
  });

  it('hide no hot GPU', () => {
    const faults = [faultOf('thermal', { node: 2, gpu: 1, jobSlowdown: 0.2 })];
    expect(watchJob({ ...spec, faults }).accused).toEqual(['node-003 GPU 1']);
  });
});

describe('pauses of the whole job', () => {
  const spec = jobSpec({ products: ['gb200', 'gb200', 'gb200', 'gb200'], durationSeconds: 5400 });
  const workload = {
    ...spec.workload,
    checkpoint: { everySeconds: 900, seconds: 180 },
    evaluation: { everySeconds: 1500, seconds: 300 },
    restart: { everySeconds: 2400, seconds: 240 },
  };

  it('accuse neither the node that writes the checkpoint nor those that wait', () => {
    const seen = watchJob({ ...spec, workload });
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('accuse not the one GPU that gathers the weights for a quarter of an hour', () => {
    const gathers = { utilizationPercent: 60, smMegahertz: 1400, watts: 160 };
    const waits = { smMegahertz: 1980, watts: 260 };
    const seen = watch(
      written({
        nodes: 2,
        minutes: 80,
        differs: (place) => (!isFrom(place, 40, 54) ? SAME : place.node === 0 && place.gpu === 0 ? gathers : waits),
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('hide no hot GPU that works in between', () => {
    const faults = [faultOf('thermal', { jobSlowdown: 0.2 })];
    expect(watchJob({ ...spec, workload, faults }).accused).toEqual(['node-002 GPU 3']);
  });
});

describe('a machine without work', () => {
  // Of IBM Cloud's documentation: the last two of eight idle GPUs at 2017 MHz and 188 W, the others at 120 MHz and 135 W.
  const stuckHigh = ({ gpu }: { readonly gpu: number }) =>
    gpu >= 6
      ? { utilizationPercent: 0, smMegahertz: 2017, watts: 188, celsius: 38 }
      : { utilizationPercent: 0, smMegahertz: 120, watts: 135, celsius: 30 };

  it('is not judged, however far the clocks of its GPUs are apart', () => {
    const seen = watch(written({ nodes: 1, minutes: 60, differs: stuckHigh }));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
    expect(seen.whole.verdict).toBe('cannot_tell');
    expect(minutesOf(seen, 'cannot_tell')).toBe(seen.watches.length);
  });

  it('is not accused either of what it did before it got work', () => {
    const seen = watch(
      written({ nodes: 1, minutes: 80, differs: (place) => (isFrom(place, 40) ? SAME : stuckHigh(place)) }),
    );
    expect([seen.accused, seen.suspected, seen.last.verdict]).toEqual([[], [], 'clean']);
  });
});
