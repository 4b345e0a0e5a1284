import { describe, expect, it } from 'vitest';
import { faultOf, jobSpec } from '../../evaluation/simulator/support.ts';
import { watch, watchJob } from './drive.ts';
import { stepLines } from './step-lines.ts';
import { heldDownByHeat, isFrom, SAME, slower, written } from './written.ts';

const ONE = { node: 1, gpu: 5 } as const;
const isOne = ({ node, gpu }: { readonly node: number; readonly gpu: number }): boolean =>
  node === ONE.node && gpu === ONE.gpu;

describe('peers that are as good as equal', () => {
  // PageRank on the GPUs of one cluster: robust spread 0.05 to 0.09 % ("Not All GPUs Are Created Equal", SC22).
  const noise = { line: 0.0005, gpu: 0.0002 };

  it.each([0.003, 0.01, 0.02])('make no outlier of one that is %d slower', (share) => {
    const seen = watch(
      written({ nodes: 2, minutes: 45, noise, differs: (place) => (isOne(place) ? slower(share) : SAME) }),
    );
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('still show the one that is a tenth slower', () => {
    const seen = watch(
      written({ nodes: 2, minutes: 45, noise, differs: (place) => (isOne(place) ? slower(0.1) : SAME) }),
    );
    expect([seen.accused, seen.suspected]).toEqual([['node-002 GPU 5'], []]);
  });

  it('make no outlier of a rank that is 0.3 % slower in every step', () => {
    const steps = stepLines({ ranks: 16, noise: 0.0005, factor: (rank) => (rank === 13 ? 1.003 : 1) });
    const seen = watch(written({ nodes: 2, minutes: 30, differs: () => SAME }), { steps });
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });
});

describe('eight GPUs in two roles of four', () => {
  const roles = { nodes: 1, minutes: 70, noise: { line: 0.01, gpu: 0.004 } } as const;
  const ofRole = (gpu: number) => (gpu < 4 ? { watts: 450 } : { watts: 640 });

  it('are the shape of the job', () => {
    const seen = watch(written({ ...roles, differs: ({ gpu }) => ofRole(gpu) }));
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'job_shaped']);
  });

  it('hide no GPU of one role that heat makes a tenth slower', () => {
    const seen = watch(
      written({
        ...roles,
        differs: (place) => (place.gpu === 6 && isFrom(place, 30) ? heldDownByHeat(0.1) : ofRole(place.gpu)),
      }),
    );
    expect(seen.accused).toEqual(['node-001 GPU 6']);
  });

  const withoutReason = (share: number) =>
    watch(
      written({
        ...roles,
        differs: (place) => (place.gpu === 6 && isFrom(place, 30) ? slower(share) : ofRole(place.gpu)),
      }),
    );

  it('hide no GPU of one role that is 15 % slower and does not say why', () => {
    expect(withoutReason(0.15).accused).toEqual(['node-001 GPU 6']);
  });

  // Three peers leave their own spread so uncertain that a tenth might be the load.
  it('say nothing of one that is a tenth slower and does not say why', () => {
    const seen = withoutReason(0.1);
    expect([...seen.accused, ...seen.suspected]).toEqual([]);
  });
});

describe('two peers only', () => {
  // Stage 0 of the same published trace: of two ranks the same one is the slower in 88 % of the steps, at 1.004.
  it.each([1.004, 1.5])('cannot tell who of them is slow: %d times', (factor) => {
    const steps = stepLines({ ranks: 2, noise: 0.0024, factor: (rank) => (rank === 1 ? factor : 1) });
    const seen = watch(written({ nodes: 1, gpusPerNode: 2, minutes: 40, differs: () => SAME }), { steps });
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'cannot_tell']);
  });

  it('cannot tell by clocks either', () => {
    const seen = watch(
      written({ nodes: 1, gpusPerNode: 2, minutes: 40, differs: ({ gpu }) => (gpu === 1 ? slower(0.2) : SAME) }),
    );
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'cannot_tell']);
  });

  it('are enough where a GPU throttles and became slower than it was', () => {
    const seen = watch(
      written({
        nodes: 1,
        gpusPerNode: 2,
        minutes: 80,
        differs: (place) => (place.gpu === 1 && isFrom(place, 45) ? heldDownByHeat(0.15) : SAME),
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([['node-001 GPU 1'], []]);
  });
});

describe('slots of one chassis', () => {
  // Sustained FP8 GEMM by slot of two healthy HGX B200 nodes, the same pattern in both: 4 % from the first to the last.
  const SLOTS = [1.015, 1.01, 0.995, 0.984, 1.014, 1.017, 0.98, 0.987];
  const inSlot = (gpu: number, share = 1) => ({
    smMegahertz: 1800 * share * (SLOTS[gpu] ?? 1),
    watts: 640 * share * (SLOTS[gpu] ?? 1),
    celsius: 62 - 300 * ((SLOTS[gpu] ?? 1) - 1),
  });

  it.each([1, 2, 6])('differ on healthy machines: %d nodes', (nodes) => {
    const seen = watch(written({ nodes, minutes: 60, differs: ({ gpu }) => inSlot(gpu) }));
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it.each([2, 6])('excuse no GPU that falls a tenth below its slot: %d nodes', (nodes) => {
    const seen = watch(
      written({
        nodes,
        minutes: 60,
        differs: (place) => inSlot(place.gpu, isOne(place) && isFrom(place, 30) ? 0.9 : 1),
      }),
    );
    expect(seen.accused).toEqual(['node-002 GPU 5']);
  });
});

describe('noise from run to run', () => {
  // On Longhorn 38 of 84 nodes have one run of several that is more than 5 % slow, and two are slow in every run.
  it('accuses no GPU of one slow spell', () => {
    const isInSpell = (place: Parameters<typeof isFrom>[0]): boolean =>
      isFrom(place, 20, 26) || isFrom(place, 45, 51) || isFrom(place, 70, 76);
    const seen = watch(
      written({
        nodes: 2,
        minutes: 90,
        differs: (place) => (isOne(place) && isInSpell(place) ? slower(0.08) : SAME),
      }),
    );
    expect(seen.accused).toEqual([]);
  });

  it('excuses none that stays slow', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) && isFrom(place, 20) ? slower(0.08) : SAME),
      }),
    );
    expect(seen.accused).toEqual(['node-002 GPU 5']);
  });

  it.each(['a', 'b'])('of a tenth of the load accuses nobody (job %s)', (seed) => {
    expect(watchJob(jobSpec({ loadNoise: 0.1, durationSeconds: 3600 }), seed).accused).toEqual([]);
  });

  it('of a tenth of the load hides no hot GPU', () => {
    const faults = [faultOf('thermal', { jobSlowdown: 0.2 })];
    expect(watchJob(jobSpec({ loadNoise: 0.1, durationSeconds: 3900, faults })).accused).toEqual(['node-002 GPU 3']);
  });
});
