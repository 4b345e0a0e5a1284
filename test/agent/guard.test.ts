import { describe, expect, it } from 'vitest';
import { type Consumption, createGuard } from '../../src/agent/guard.ts';

const LIMITS = { memoryBytes: 100e6, cpuRatio: 0.1 };

/** One look every 10 s at an agent that takes so much. */
const watch = (steps: readonly { mb: number; cpuPercent: number }[]): (string | undefined)[] => {
  const guard = createGuard();
  let cpuSeconds = 0;
  return steps.map(({ mb, cpuPercent }, i) => {
    cpuSeconds += cpuPercent / 10;
    const now: Consumption = { at: i * 10_000, cpuSeconds, residentBytes: mb * 1e6 };
    return guard.consider(now, LIMITS);
  });
};
const times = <T>(count: number, step: T): T[] => Array.from({ length: count }, () => step);
const CALM = { mb: 50, cpuPercent: 1 };

describe('the guard', () => {
  it('has nothing against an agent within its budget', () => {
    expect(watch(times(60, CALM))).toEqual(times(60, undefined));
  });

  it('sheds at once when the memory runs out, and says how much is taken', () => {
    expect(watch([CALM, { mb: 85, cpuPercent: 1 }]).at(-1)).toBe('the agent takes 85 MB of 100 MB of memory');
  });

  it('sheds when the CPU is above the limit for most of a minute, not for one collection', () => {
    expect(watch([...times(6, CALM), { mb: 50, cpuPercent: 40 }])).toEqual(times(7, undefined));
    const busy = watch([...times(6, CALM), ...times(6, { mb: 50, cpuPercent: 15 })]);
    expect(busy.at(-1)).toMatch(/^the agent takes 1[0-9]\.\d % of a core, more than 10\.0 %$/);
  });

  it('asks again only after five quiet minutes', () => {
    const reasons = watch([{ mb: 85, cpuPercent: 1 }, ...times(40, CALM)]);
    const restored = reasons.findIndex((reason, i) => i > 0 && reason === undefined);
    expect(restored * 10).toBeGreaterThanOrEqual(300);
    expect(restored * 10).toBeLessThanOrEqual(330);
  });

  it('does not come and go between the two limits', () => {
    expect(watch([{ mb: 85, cpuPercent: 1 }, ...times(60, { mb: 75, cpuPercent: 1 })]).at(-1)).toBeDefined();
  });
});
