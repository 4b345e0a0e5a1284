import { describe, expect, it } from 'vitest';
import { faultOf, jobSpec } from '../../evaluation/simulator/support.ts';
import { stragglerOf, watch, watchJob } from './drive.ts';
import { isFrom, type Place, SAME, written } from './written.ts';

const isOne = ({ node, gpu }: Place): boolean => node === 1 && gpu === 5;
const ONE = 'node-002 GPU 5';

describe('low power', () => {
  it.each(['thermal', 'power_limit', 'power_brake', 'locked_clocks'] as const)(
    'of those that wait accuses nobody beside the culprit: %s',
    (kind) => {
      const faults = [faultOf(kind, { jobSlowdown: 0.2 })];
      const format = { ...jobSpec().format, applicationClocks: true };
      const seen = watchJob(jobSpec({ durationSeconds: 3900, faults, format }));
      expect([seen.accused, seen.suspected]).toEqual([['node-002 GPU 3'], []]);
    },
  );

  it('is that of the culprit where its host feeds it too slowly and the others spin', () => {
    const faults = [faultOf('pcie_width', { jobSlowdown: 0.5 })];
    const seen = watchJob(jobSpec({ durationSeconds: 3900, faults }));
    expect([seen.accused, seen.suspected]).toEqual([['node-002 GPU 3'], []]);
  });

  it('with a high clock is little to do: nobody is accused', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) ? { smMegahertz: 1980, watts: 500, celsius: 54 } : SAME),
      }),
    );
    expect(seen.accused).toEqual([]);
  });

  it('with a low clock is the GPU', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) ? { smMegahertz: 1600, watts: 500 } : SAME),
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[ONE], []]);
  });

  // The extreme V100 of the same data: 1.20 times slower at 4 % less clock, 81 °C against 66, 250 W against 297.
  it('with heat is the GPU, though its clock hardly shows it', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) ? { smMegahertz: 1800 * 0.96, watts: (640 * 250) / 297, celsius: 81 } : SAME),
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([[ONE], []]);
  });
});

describe('a low clock in a job that is not bound by clocks', () => {
  // Node c008-11 of Longhorn: clock at 0.93 of the others, 1.027 times as slow.
  const clock = { smMegahertz: 1800 * 0.93 };

  it('is a suspect at most', () => {
    const seen = watch(written({ nodes: 2, minutes: 60, differs: (place) => (isOne(place) ? clock : SAME) }));
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [ONE], 'suspect']);
  });

  it('is accused with the reason, but not as if the job paid all of it', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: (place) => (isOne(place) ? { ...clock, celsius: 66, thermalShare: 0.2 } : SAME),
      }),
    );
    const found = stragglerOf(seen, ONE);
    expect(found?.level).toBe('likely');
    expect(found?.slowdown?.low).toBeLessThan(0.027);
    expect(found?.slowdown?.high).toBeGreaterThan(0.027);
    expect(found?.slowdown?.estimate).toBeLessThan(0.07);
  });
});

describe('all GPUs at their power limit', () => {
  const atLimit = {
    smMegahertz: 1650,
    watts: 695,
    powerCapShare: 0.95,
    isPowerCapped: true,
  };

  it('is how matrix products run: nobody is accused', () => {
    const seen = watch(written({ nodes: 1, minutes: 60, differs: () => atLimit }));
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('is so too where the whole site has a lower limit', () => {
    const seen = watch(
      written({
        nodes: 2,
        minutes: 60,
        differs: () => ({ ...atLimit, watts: 595, limitWatts: 600, smMegahertz: 1560 }),
      }),
    );
    expect([seen.accused, seen.suspected, seen.whole.verdict]).toEqual([[], [], 'clean']);
  });

  it('names the one whose limit somebody lowered', () => {
    const seen = watch(
      written({
        nodes: 1,
        minutes: 60,
        differs: (place) =>
          place.gpu === 5 && isFrom(place, 20)
            ? { ...atLimit, limitWatts: 500, watts: 496, smMegahertz: 1440 }
            : atLimit,
      }),
    );
    expect([seen.accused, seen.suspected]).toEqual([['node-001 GPU 5'], []]);
    expect(stragglerOf(seen, 'node-001 GPU 5')?.causes).toMatchObject([{ kind: 'power_limit_lowered' }]);
  });
});
