import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roleBorders as bordersOf, roleIndex } from '../../src/straggler/roles.ts';

/** GPUs of one clock: what they draw is what they do. */
const roleBorders = (loads: readonly number[]) => bordersOf(loads.map((load) => ({ load, clock: 21, power: load })));

const around = (centre: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => centre + (((i * 37) % 11) - 5) / 1000);

describe('roles by load', () => {
  it('are one where all do the same', () => {
    expect(roleBorders(around(5, 64))).toEqual([]);
  });

  it('part where two groups stand apart', () => {
    const loads = [...around(5, 12), ...around(5.3, 4)];
    const borders = roleBorders(loads);
    expect(borders).toHaveLength(1);
    expect(loads.map((load) => roleIndex(borders, load))).toEqual([...Array(12).fill(0), ...Array(4).fill(1)]);
  });

  it('part again within a part', () => {
    expect(roleBorders([...around(4, 8), ...around(5, 8), ...around(6, 8)])).toHaveLength(2);
  });

  it('never take a lone outlier for a role, but two alike', () => {
    expect(roleBorders([...around(5, 15), 4])).toEqual([]);
    expect(roleBorders([...around(5, 14), 4, 4.001])).toHaveLength(1);
  });

  it('are not parted where the lower group is held down: it clocks lower and draws less', () => {
    const peers = around(5, 12).map((power) => ({ load: power - 42, clock: 21, power }));
    const heldDown = around(4.6, 4).map((power) => ({ load: power - 2 * 20.8, clock: 20.8, power }));
    expect(bordersOf([...peers, ...heldDown])).toEqual([]);
    const lighter = around(4.6, 4).map((power) => ({ load: power - 2 * 21.05, clock: 21.05, power }));
    expect(bordersOf([...peers, ...lighter])).toHaveLength(1);
  });

  it('have two members each, whatever the loads', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { maxLength: 200 }), (loads) => {
        const borders = roleBorders(loads);
        const members = new Map<number, number>();
        for (const load of loads)
          members.set(roleIndex(borders, load), (members.get(roleIndex(borders, load)) ?? 0) + 1);
        if (borders.length > 0) for (const count of members.values()) expect(count).toBeGreaterThanOrEqual(2);
      }),
    );
  });
});
