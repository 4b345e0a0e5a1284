import { describe, expect, it } from 'vitest';
import { faultOf, jobSpec } from '../../evaluation/simulator/support.ts';
import { minutesOf, nameOf, watch, watchJob } from './drive.ts';
import { heldDownByHeat, isFrom, SAME, slower, written } from './written.ts';

const TRAYS = (count: number) => Array.from({ length: count }, () => 'gb200' as const);

describe('a node that is slow as a whole', () => {
  it.each([0.1, 0.2, 0.3])('is named though none of its GPUs differs from its siblings: %d', (share) => {
    const seen = watch(
      written({ nodes: 6, gpusPerNode: 4, minutes: 60, differs: ({ node }) => (node === 2 ? slower(share) : SAME) }),
    );
    expect(seen.accused).toEqual(['node-003']);
  });

  // Two nodes of an A100 cluster: all three GPUs take 2.14 to 2.20 times as long as those of the other nodes.
  const twiceAsSlow = (fromMinute: number, minutes: number) =>
    watch(
      written({
        nodes: 6,
        gpusPerNode: 3,
        minutes,
        differs: (place) => (place.node === 2 && isFrom(place, fromMinute) ? slower(0.5) : SAME),
      }),
    );

  it('is named where all of its GPUs become twice as slow', () => {
    const seen = twiceAsSlow(20, 50);
    expect([seen.accused, seen.last.verdict]).toEqual([['node-003'], 'likely']);
  });

  it('is named for as long as it is so', () => {
    expect(twiceAsSlow(20, 120).last.verdict).toBe('likely');
  });

  it('is named where it was so from the first step on', () => {
    expect(twiceAsSlow(0, 60).accused).toEqual(['node-003']);
  });

  it('is no pipeline stage where its work is bound by memory and its power falls less than its clock', () => {
    const seen = watch(
      written({
        nodes: 6,
        gpusPerNode: 4,
        minutes: 60,
        differs: ({ node }) => (node === 2 ? { smMegahertz: 1800 * 0.85, watts: 640 * 0.85 } : SAME),
      }),
    );
    expect(seen.accused).toEqual(['node-003']);
  });

  it('is named with its reason where its limits say it', () => {
    const faults = [
      { kind: 'power_limit', node: 2, jobSlowdown: 0.2, onset: { shape: 'step', atSeconds: 1800 } } as const,
    ];
    const seen = watchJob(jobSpec({ products: TRAYS(6), durationSeconds: 3900, faults }));
    expect(seen.accused).toEqual(['node-003']);
    expect(seen.whole.stragglers[0]?.causes).toMatchObject([{ kind: 'power_limit_lowered' }]);
  });

  // Node c006-12 of Longhorn: 1.11 times as slow with the clocks and temperatures of the others.
  const slowWithoutSign = (jobSlowdown: number) => {
    const { gpu: _, ...ofNode } = faultOf('slow_node', { node: 2, jobSlowdown });
    return watchJob(jobSpec({ products: TRAYS(6), durationSeconds: 4500, faults: [ofNode] }));
  };

  it.each([0.2, 1])('with clocks like all others is a suspect at most, and nobody else is: %d', (jobSlowdown) => {
    const { accused, suspected } = slowWithoutSign(jobSlowdown);
    expect([accused, suspected.filter((name) => name !== 'node-003')]).toEqual([[], []]);
  });

  it('with clocks like all others is a suspect at least where the job takes twice as long for it', () => {
    expect(slowWithoutSign(1).suspected).toEqual(['node-003']);
  });

  it('cannot be told by its own agent, which sees no outlier', () => {
    const seen = watch(written({ nodes: 1, minutes: 60, differs: () => slower(0.2) }));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });
});

describe('a hot rack', () => {
  const hot = (nodes: number, job: number) =>
    watch(
      written({
        nodes: job,
        gpusPerNode: 4,
        minutes: 60,
        differs: (place) => (place.node < nodes && isFrom(place, 20) ? heldDownByHeat(0.12) : SAME),
      }),
    );

  it('is one cause that half of the nodes share, and accuses none of them alone', () => {
    const seen = hot(4, 8);
    expect(seen.last.verdict).toBe('shared_cause');
    expect(seen.last.reason).toContain('16 of 32 GPUs on 4 nodes');
    expect(seen.last.stragglers).toEqual([]);
    expect(seen.accused).toEqual([]);
  });

  it('is seen by absolute limits where all nodes are in it', () => {
    const seen = hot(6, 6);
    expect([seen.accused, seen.last.verdict]).toEqual([[], 'shared_cause']);
  });

  it('is seen by the agent of one node, whose GPUs are all as hot as each other', () => {
    const seen = hot(1, 1);
    expect([...seen.accused, ...seen.suspected]).not.toEqual([]);
    expect(seen.last.verdict).not.toBe('clean');
    expect(seen.last.stragglers[0]?.causes).toMatchObject([{ kind: 'thermal_throttle' }]);
  });

  it('is seen in a simulated one too', () => {
    const { gpu: _, ...ofRoom } = faultOf('hot_inlet', { node: 0, jobSlowdown: 0.2 });
    const seen = watchJob(jobSpec({ products: TRAYS(6), durationSeconds: 4500, faults: [ofRoom] }));
    expect(seen.accused).toEqual([]);
    expect(minutesOf(seen, 'shared_cause')).toBeGreaterThan(15);
  });

  it('hides no node that is lowered by something else', () => {
    const seen = watch(
      written({
        nodes: 8,
        gpusPerNode: 4,
        minutes: 60,
        differs: (place) =>
          place.node < 3 && isFrom(place, 20)
            ? heldDownByHeat(0.12)
            : place.node === 6 && place.gpu === 1 && isFrom(place, 20)
              ? { ...slower(0.15), limitWatts: 520 }
              : SAME,
      }),
    );
    expect(seen.accused).toEqual(['node-007 GPU 1']);
  });
});

describe('nine slow nodes of ten', () => {
  it('make no culprit of the one that is as it should be', () => {
    const seen = watch(
      written({ nodes: 10, gpusPerNode: 4, minutes: 50, differs: ({ node }) => (node < 9 ? slower(0.12) : SAME) }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('are told by what throttles them, not by their median', () => {
    const seen = watch(
      written({
        nodes: 10,
        gpusPerNode: 4,
        minutes: 50,
        differs: ({ node }) => (node < 9 ? heldDownByHeat(0.12) : SAME),
      }),
    );
    expect(seen.whole.verdict).toBe('shared_cause');
    const named = seen.jobs.flatMap(({ stragglers }) => stragglers.map(({ component }) => nameOf(component)));
    expect(named.filter((name) => name.startsWith('node-010'))).toEqual([]);
    expect(seen.accused).toEqual([]);
  });
});
