import { describe, expect, it } from 'vitest';
import { faultOf, jobSpec } from '../../evaluation/simulator/support.ts';
import { minutesOf, stragglerOf, watch, watchJob } from './drive.ts';
import { heldDownByHeat, isFrom, type Place, SAME, written } from './written.ts';

const isOne = ({ node, gpu }: Place): boolean => node === 1 && gpu === 5;
const ONE = 'node-002 GPU 5';

describe('utilisation of 100 % everywhere', () => {
  it('says nothing of a GPU that heat holds down', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) && isFrom(place, 20) ? heldDownByHeat(0.1) : SAME),
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[ONE], []]);
  });

  it('is no work: a GPU that spins in NCCL while others compute is no straggler', () => {
    const seen = watch(
      written({ nodes: 2, minutes: 60, differs: (place) => (isOne(place) ? { smMegahertz: 1950, watts: 420 } : SAME) }),
    );
    expect(seen.accused).toEqual([]);
  });
});

describe('dips of the clock', () => {
  // Hot V100s clocked at 300 to 700 of 1530 MHz now and then, while the median of their samples was that of the others.
  const DIP = { smMegahertz: 500, watts: 330 };

  it('name the GPU although most of its samples are at full clock', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) =>
          isOne(place) && isFrom(place, 20)
            ? { celsius: 87, thermalShare: 0.25, ...(place.tick % 4 === 0 ? DIP : SAME) }
            : SAME,
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[ONE], []]);
    expect(stragglerOf(seen, ONE)?.effects.map(({ feature }) => feature)).toContain('sm_clock_p05');
  });

  it('are nothing where one sample in ten minutes has one', () => {
    const seen = watch(
      written({ nodes: 2, minutes: 60, differs: (place) => (isOne(place) && place.tick % 40 === 0 ? DIP : SAME) }),
    );
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });
});

describe('a throttle reason that is sampled every 15 s', () => {
  it('misses short events that the counter of the driver has', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) =>
          isOne(place) && isFrom(place, 20) ? { ...heldDownByHeat(0.1), thermalShare: 0.2, isThermal: false } : SAME,
      }),
    );
    expect(seen.accused).toEqual([ONE]);
    expect(stragglerOf(seen, ONE)?.causes).toMatchObject([{ kind: 'thermal_throttle' }]);
  });

  it('hits events that the counter shows to be nothing', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) ? { isThermal: place.tick % 6 === 0, thermalShare: 0.002 } : SAME),
      }),
    );
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('is believed where an older driver has no counter', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        hasCounters: false,
        differs: (place) =>
          isOne(place) && isFrom(place, 20) ? { ...heldDownByHeat(0.1), isThermal: place.tick % 5 < 2 } : SAME,
      }),
    );
    expect(seen.accused).toEqual([ONE]);
    expect(stragglerOf(seen, ONE)?.causes).toMatchObject([{ kind: 'thermal_throttle' }]);
  });
});

describe('samples that beat with the steps of the job', () => {
  const beating = (stepSeconds: number) => {
    const spec = jobSpec({ durationSeconds: 3900 });
    return { ...spec, workload: { ...spec.workload, stepSeconds } };
  };

  it.each([7.5, 14.9, 15, 31])('accuse nobody at %d s a step', (stepSeconds) => {
    expect(watchJob(beating(stepSeconds)).accused).toEqual([]);
  });

  it.each([15, 30])('hide no hot GPU at %d s a step', (stepSeconds) => {
    const faults = [faultOf('thermal', { jobSlowdown: 0.2 })];
    expect(watchJob({ ...beating(stepSeconds), faults }).accused).toEqual(['node-002 GPU 3']);
  });

  it('accuse no node that is always asked while its GPUs communicate', () => {
    const seen = watch(
      written({
        nodes: 6,
        minutes: 45,
        differs: ({ node }) => (node === 2 ? { smMegahertz: 1980, watts: 330 } : SAME),
      }),
    );
    expect(seen.accused).toEqual([]);
  });
});

describe('a driver that is loaded again', () => {
  const resets = { ...jobSpec().disturbances, counterResets: [{ node: 1, atSeconds: 2700 }] };
  const spec = jobSpec({ workload: { ...jobSpec().workload, load: 1 }, disturbances: resets });

  it('makes no throttle time of counters that are far below what they were', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: ({ node, tick }) => ({ isReloaded: node === 1 && tick === 120 }),
      }),
    );
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('makes none in a simulated one either', () => {
    const { accused, jobs } = watchJob(spec);
    expect(accused).toEqual([]);
    expect(jobs.flatMap(({ stragglers }) => stragglers.flatMap(({ causes }) => causes))).toEqual([]);
  });

  it('forgives no GPU that throttles before and after', () => {
    const faults = [faultOf('thermal', { jobSlowdown: 0.2, onset: { shape: 'step', atSeconds: 1500 } })];
    const seen = watchJob({ ...spec, faults });
    expect(seen.accused).toEqual(['node-002 GPU 3']);
    expect(seen.last.verdict).toMatch(/likely|confirmed/);
  });
});

describe('a GPU whose series ends', () => {
  const vanished = (changes: Parameters<typeof jobSpec>[0] = {}) =>
    watchJob(
      jobSpec({
        disturbances: { ...jobSpec().disturbances, vanished: [{ node: 0, gpu: 2, atSeconds: 2400 }] },
        durationSeconds: 4200,
        ...changes,
      }),
    );

  it('is named as silent, and not as one that does as its peers do', () => {
    const { accused, last, watches } = vanished();
    expect(accused).toEqual([]);
    expect(last.reason).toContain('node-001 GPU 2 does not report');
    const compared = watches
      .at(-1)
      ?.relativePerformance.map(({ component: { node, index } }) => `${node} GPU ${index}`);
    expect(compared).toHaveLength(15);
    expect(compared).not.toContain('node-001 GPU 2');
  });

  it('hides no other that is hot', () => {
    const faults = [faultOf('thermal', { jobSlowdown: 0.2 })];
    const { accused, last } = vanished({ faults });
    expect(accused).toEqual(['node-002 GPU 3']);
    expect(last.reason).toContain('node-001 GPU 2');
  });

  it('does not make a job clean that nobody reports of', () => {
    const leaves = [0, 1].map((node) => ({ node, atSeconds: 2400 }));
    const { last } = watchJob(jobSpec({ disturbances: { ...jobSpec().disturbances, leaves }, durationSeconds: 4200 }));
    expect(last.verdict).toBe('cannot_tell');
  });
});

describe('a PCIe link that saves power while its GPU idles', () => {
  const IDLE = { utilizationPercent: 0, smMegahertz: 345, watts: 118, pcieGeneration: 1 };

  it('is no degraded link where one GPU of each node works', () => {
    const seen = watch(written({ nodes: 4, minutes: 50, differs: ({ gpu }) => (gpu === 0 ? SAME : IDLE) }));
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('is none where a GPU has little to do', () => {
    const LITTLE = { utilizationPercent: 25, smMegahertz: 1900, watts: 240, pcieGeneration: 1 };
    const { jobs } = watch(written({ nodes: 2, minutes: 50, differs: ({ gpu }) => (gpu < 6 ? SAME : LITTLE) }));
    expect(jobs.flatMap(({ stragglers }) => stragglers.flatMap(({ causes }) => causes))).toEqual([]);
  });

  it('is none either where a working GPU is asked in a gap of its host', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: ({ node, gpu, tick }) => ((tick + 3 * gpu + node) % 8 === 0 ? IDLE : SAME),
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[], []]);
  });

  it('is none where the gap falls on the sample before each verdict', () => {
    const seen = watch(
      written({ nodes: 2, minutes: 60, differs: (place) => (isOne(place) && place.tick % 4 === 3 ? IDLE : SAME) }),
    );
    expect(stragglerOf(seen, ONE)?.causes ?? []).toEqual([]);
  });

  it('is one where it stays slow under load and the GPU does less', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 70,
        differs: (place) =>
          isOne(place) && isFrom(place, 30)
            ? { pcieGeneration: 3, utilizationPercent: 85, watts: 540, smMegahertz: 1850 }
            : SAME,
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[ONE], []]);
    expect(stragglerOf(seen, ONE)?.causes).toMatchObject([{ kind: 'pcie_degraded' }]);
    expect(minutesOf(seen, 'likely') + minutesOf(seen, 'confirmed')).toBeGreaterThan(10);
  });
});
