import { describe, expect, it } from 'vitest';
import { createDetector } from '../../../src/straggler/detector.ts';
import { faultOf, jobSpec } from '../../evaluation/simulator/support.ts';
import { stragglerOf, watch, watchJob } from './drive.ts';
import { heldDownByHeat, isFrom, type Place, SAME, slower, written } from './written.ts';

const isOne = ({ node, gpu }: Place): boolean => node === 1 && gpu === 5;
const ONE = 'node-002 GPU 5';

describe('two jobs on one node', () => {
  const neighbour = {
    jobId: 'job-2',
    firstGpu: 4,
    workload: { ...jobSpec({}, 'inference').workload, load: 0.45 },
  };
  const ofJob = (gpu: number) =>
    gpu < 4 ? { jobId: 'training' } : { jobId: 'serving', utilizationPercent: 70, watts: 380, smMegahertz: 1700 };

  it('are not compared with each other', () => {
    const seen = watch(written({ nodes: 2, minutes: 45, differs: ({ gpu }) => ofJob(gpu) }));
    expect(seen.jobs.map(({ jobId, gpus, verdict }) => [jobId, gpus, verdict])).toEqual([
      ['training', 8, 'clean'],
      ['serving', 8, 'clean'],
    ]);
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('accuse nobody when simulated', () => {
    expect(watchJob(jobSpec({ durationSeconds: 3600, neighbour })).accused).toEqual([]);
  });

  it('hide no hot GPU of one of them, and leave the other job alone', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => ({
          ...ofJob(place.gpu),
          ...(place.node === 0 && place.gpu === 2 && isFrom(place, 20) ? heldDownByHeat(0.1) : SAME),
        }),
      }),
    );
    expect(seen.accused).toEqual(['node-001 GPU 2']);
    expect(seen.jobs.find(({ jobId }) => jobId === 'serving')).toMatchObject({ verdict: 'clean', stragglers: [] });
  });
});

describe('different products in one job', () => {
  const products = ['h100', 'h100', 'a100', 'a100'] as const;

  it('are not compared with each other', () => {
    const seen = watchJob(jobSpec({ products, durationSeconds: 3000 }));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('make no slow node of the one that has the older boards', () => {
    const older = {
      model: 'NVIDIA A100-SXM4-80GB',
      smMegahertz: 1400,
      watts: 380,
      limitWatts: 400,
      defaultLimitWatts: 400,
    };
    const seen = watch(
      written({ nodes: 6, gpusPerNode: 4, minutes: 45, differs: ({ node }) => (node === 5 ? older : SAME) }),
    );
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('hide no hot GPU among its like', () => {
    const faults = [faultOf('thermal', { node: 2, gpu: 3, jobSlowdown: 0.3 })];
    expect(watchJob(jobSpec({ products, durationSeconds: 3900, faults })).accused).toEqual(['node-003 GPU 3']);
  });
});

describe('GPUs in MIG mode', () => {
  // nvidia-smi prints no utilisation of a GPU that is cut into instances.
  const instances = { mig: 'Enabled', utilizationPercent: undefined, watts: 330, smMegahertz: 1600 } as const;

  it('are no stragglers among whole GPUs', () => {
    const seen = watch(written({ nodes: 2, minutes: 45, differs: ({ gpu }) => (gpu === 7 ? instances : SAME) }));
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('are compared with each other', () => {
    const hot = { smMegahertz: 1600 * 0.88, watts: 330 * 0.8, celsius: 87, thermalShare: 0.3 };
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) && isFrom(place, 20) ? { ...instances, ...hot } : instances),
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[ONE], []]);
  });

  it('hide no whole GPU that is hot', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) =>
          place.gpu === 7 ? instances : isOne(place) && isFrom(place, 20) ? heldDownByHeat(0.1) : SAME,
      }),
    );
    expect(seen.accused).toEqual([ONE]);
  });
});

describe('a board that was replaced', () => {
  const NEW = 'GPU-aaaaaaaa-bbbb-4ccc-addd-eeeeeeeeeeee';
  /** A board that was a little better than the others left; what came is `share` of the others. */
  const replaced = (before: number, share: number) =>
    written({
      nodes: 2,
      minutes: 200,
      differs: (place) => {
        if (!isOne(place)) return SAME;
        const { smMegahertz, watts } = slower(1 - (isFrom(place, 120) ? share : before));
        return { smMegahertz, watts, ...(isFrom(place, 120) ? { uuid: NEW } : SAME) };
      },
    });

  it('is as good as its peers, though the one before it was better', () => {
    const seen = watch(replaced(1.03, 1));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('is not held to what the one before it did in that slot', () => {
    const seen = watch(replaced(1.03, 0.985));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('is not accused of being 3 % below its peers', () => {
    expect(watch(replaced(1, 0.97)).accused).toEqual([]);
  });

  it('is not accused of it either where the one before it was better', () => {
    expect(watch(replaced(1.03, 0.97)).accused).toEqual([]);
  });

  it('is named where it is slow itself', () => {
    const seen = watch(replaced(1, 0.88));
    expect(seen.accused).toEqual([ONE]);
    expect(stragglerOf(seen, ONE)?.component.uuid).toBe(NEW);
  });
});

describe('a fault that grows slowly', () => {
  const growing = (minutes: number, most: number) =>
    written({
      nodes: 1,
      minutes: 30 + minutes + 40,
      differs: (place) =>
        place.gpu === 5 && isFrom(place, 30) ? slower(most * Math.min(1, (place.seconds / 60 - 30) / minutes)) : SAME,
    });

  it.each([60, 360])('is not learned as what is usual: a tenth over %d min', (minutes) => {
    expect(watch(growing(minutes, 0.1)).accused).toEqual(['node-001 GPU 5']);
  });

  it('is not learned from the first minute of a job on either', () => {
    const seen = watch(
      written({
        nodes: 1,
        minutes: 180,
        noise: { line: 0.01, gpu: 0.02 },
        differs: (place) => (place.gpu === 5 ? slower(0.1) : SAME),
      }),
    );
    expect(seen.accused).toEqual(['node-001 GPU 5']);
  });

  it.each([
    growing(360, 0.03),
    written({ nodes: 1, minutes: 180, differs: ({ gpu }) => (gpu === 5 ? slower(0.1) : SAME) }),
  ])('is not forgiven by what the same board did in an earlier job (%#)', (earlier) => {
    const detector = createDetector();
    watch(earlier, { detector });
    const now = written({ nodes: 1, minutes: 60, differs: ({ gpu }) => (gpu === 5 ? slower(0.1) : SAME) });
    expect(watch(now, { detector }).accused).toEqual(['node-001 GPU 5']);
  });
});

describe('the hour of the day', () => {
  /** Load and air of a fleet move by 1 to 2 %: here as far within an hour and a half as in half a day. */
  const daily = ({ seconds }: Place) => {
    const hour = Math.sin((2 * Math.PI * seconds) / (90 * 60));
    return { smMegahertz: 1800 * (1 - 0.01 * hour), watts: 640 * (1 - 0.02 * hour), celsius: 62 + 2 * hour };
  };

  it('slows nobody', () => {
    const seen = watch(written({ nodes: 2, minutes: 90, differs: daily }));
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('is no effect of a cause either, where a GPU is compared with its own past alone', () => {
    const alone = (share: number) =>
      watch(
        written({
          nodes: 1,
          gpusPerNode: 2,
          minutes: 90,
          differs: (place) => {
            const { smMegahertz, watts, celsius } = daily({ ...place, seconds: place.seconds - 2700 });
            if (place.gpu === 0 || !isFrom(place, 45)) return { smMegahertz, watts, celsius };
            return { smMegahertz: smMegahertz * share, watts: watts * share, celsius: 85, thermalShare: 0.08 };
          },
        }),
      );
    expect(alone(1)).toMatchObject({ accused: [], suspected: ['node-001 GPU 1'] });
    expect(alone(0.88)).toMatchObject({ accused: ['node-001 GPU 1'], suspected: [] });
  });
});

describe('the clock of a node', () => {
  const HOUR = 3600;
  const setAt = (seconds: number) => (place: Place) =>
    place.node === 1 && isFrom(place, 30) ? { clockErrorSeconds: seconds } : SAME;

  it.each([-HOUR, -120, -20, 20, 120])('that is set by %d s makes no straggler', (seconds) => {
    const seen = watch(written({ nodes: 4, gpusPerNode: 4, minutes: 60, differs: setAt(seconds) }));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it.each([-HOUR, 120, HOUR])('that is set by %d s hides none on another node', (seconds) => {
    const seen = watch(
      written({
        nodes: 4,
        gpusPerNode: 4,
        minutes: 70,
        differs: (place) =>
          place.node === 2 && place.gpu === 1 && isFrom(place, 35) ? heldDownByHeat(0.1) : setAt(seconds)(place),
      }),
    );
    expect(seen.accused).toEqual(['node-003 GPU 1']);
  });

  it('that is far ahead leaves its GPUs silent, not healthy', () => {
    const { last } = watch(written({ nodes: 4, gpusPerNode: 4, minutes: 60, differs: setAt(2 * HOUR) }));
    expect(last.reason).toContain('node-002 does not report');
  });
});
