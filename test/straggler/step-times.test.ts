import { describe, expect, it } from 'vitest';
import type { RankStep } from '../../src/api.ts';
import { judgeSteps } from '../../src/straggler/step-times.ts';

/** Deterministic noise of ±1 %. */
const noise = (step: number, rank: number): number => 1 + (((step * 7919 + rank * 104_729) % 200) - 100) / 10_000;

const steps = (
  ranks: number,
  factor: (rank: number, step: number) => number,
  more: (rank: number) => Partial<RankStep> = () => ({}),
  count = 60,
): RankStep[] =>
  Array.from({ length: count }, (_, step) =>
    Array.from({ length: ranks }, (__, rank) => ({
      step,
      rank,
      seconds: 4 * factor(rank, step) * noise(step, rank),
      ...more(rank),
    })),
  ).flat();

const slow = (found: ReturnType<typeof judgeSteps>): readonly number[] => found.slowRanks.map(({ rank }) => rank);

describe('step times', () => {
  it('name a rank that is slow step after step, and by how much', () => {
    const found = judgeSteps(steps(16, (rank) => (rank === 5 ? 1.12 : 1)));
    expect(slow(found)).toEqual([5]);
    expect(found.slowRanks[0]?.effect.deviation).toBeCloseTo(0.12, 1);
  });

  it('name nobody where all are alike', () => {
    expect(judgeSteps(steps(64, () => 1))).toMatchObject({ slowRanks: [], isRotating: false, isGrouped: false });
  });

  it('take a pipeline stage of four ranks for a stage', () => {
    const found = judgeSteps(steps(32, (rank) => (rank >= 28 ? 1.63 : 1)));
    expect(found).toMatchObject({ slowRanks: [], isGrouped: true });
  });

  it('name the lone rank above a slow stage', () => {
    const found = judgeSteps(steps(32, (rank) => (rank === 0 ? 2.35 : rank >= 28 ? 1.15 : 1)));
    expect(slow(found)).toEqual([0]);
  });

  it('compare a stage with itself where the roles are known', () => {
    const found = judgeSteps(
      steps(
        32,
        (rank) => (rank >= 24 ? 1.63 : 1) * (rank === 27 ? 1.1 : 1),
        (rank) => ({ role: rank >= 24 ? 'last' : 'other' }),
      ),
    );
    expect(slow(found)).toEqual([27]);
  });

  it('call it the workload where another rank is slow in each step', () => {
    const found = judgeSteps(steps(16, (rank, step) => (rank === (step * 5) % 16 ? 1.3 : 1)));
    expect(found).toMatchObject({ slowRanks: [], isRotating: true });
  });

  it('do not accuse one of two, however often it is the slower', () => {
    expect(judgeSteps(steps(2, (rank) => (rank === 0 ? 1.004 : 1))).slowRanks).toEqual([]);
    expect(judgeSteps(steps(2, (rank) => (rank === 0 ? 1.5 : 1))).slowRanks).toEqual([]);
  });

  it('do not accuse after a handful of steps, nor for less than 3 %', () => {
    expect(judgeSteps(steps(16, (rank) => (rank === 5 ? 1.5 : 1), undefined, 5)).slowRanks).toEqual([]);
    expect(judgeSteps(steps(16, (rank) => (rank === 5 ? 1.015 : 1))).slowRanks).toEqual([]);
  });

  it('tell that the job as a whole became slower', () => {
    const found = judgeSteps(steps(16, (_, step) => (step >= 30 ? 1.1 : 1)));
    expect(found.drift).toBeGreaterThan(0.08);
    expect(found.slowRanks).toEqual([]);
  });
});
