import { describe, expect, it } from 'vitest';
import { ranksOfJobs } from '../../src/agent/rank-gpus.ts';
import type { RankStep, StepTime } from '../../src/api.ts';
import { gpuRef } from '../support/healthy-gpu.ts';

const posted = (jobId: string, rank: number, role?: string): StepTime => ({
  jobId,
  rank,
  step: 7,
  seconds: 1 + rank / 100,
  at: 0,
  ...(role === undefined ? {} : { role }),
});

const gpus = (jobId: string, indexes: readonly number[], ranks: readonly number[] = []) =>
  indexes.map((index, i) => ({
    ref: gpuRef(index),
    jobId,
    ...(ranks[i] === undefined ? {} : { rank: ranks[i] }),
  }));

describe('the GPU of a rank', () => {
  it('is the one whose process says so', () => {
    const { steps } = ranksOfJobs([posted('1', 8), posted('1', 9)], gpus('1', [0, 1], [9, 8]));
    expect(steps.get('1')?.map(({ rank, gpu }) => [rank, gpu])).toEqual([
      [8, 1],
      [9, 0],
    ]);
  });

  it('is found in order where as many ranks post as GPUs work', () => {
    const { steps } = ranksOfJobs([posted('1', 17), posted('1', 16)], gpus('1', [5, 4]));
    expect(steps.get('1')?.map(({ rank, gpu }) => [rank, gpu])).toEqual([
      [17, 5],
      [16, 4],
    ]);
  });

  it('is kept where it was told; in order are the rest, where the order agrees with that', () => {
    const agreeing = [{ ref: gpuRef(0), jobId: '1' }, ...gpus('1', [1], [17]), { ref: gpuRef(2), jobId: '1' }];
    const ofRank = (steps: readonly RankStep[] | undefined) => steps?.map(({ rank, gpu }) => [rank, gpu]);
    const times = [posted('1', 16), posted('1', 17), posted('1', 18)];
    expect(ofRank(ranksOfJobs(times, agreeing).steps.get('1'))).toEqual([
      [16, 0],
      [17, 1],
      [18, 2],
    ]);
    // GPU 1 works for rank 18: these ranks were not dealt out in order.
    const other = [{ ref: gpuRef(0), jobId: '1' }, ...gpus('1', [1], [18]), { ref: gpuRef(2), jobId: '1' }];
    expect(ofRank(ranksOfJobs(times, other).steps.get('1'))).toEqual([
      [16, undefined],
      [17, undefined],
      [18, 1],
    ]);
  });

  it('is not guessed where the numbers differ, nor taken from another job', () => {
    expect(ranksOfJobs([posted('1', 0)], gpus('1', [0, 1])).steps.get('1')?.[0]?.gpu).toBeUndefined();
    expect(ranksOfJobs([posted('1', 0)], gpus('2', [0])).steps.get('1')?.[0]?.gpu).toBeUndefined();
  });

  it('takes the role that its rank posts', () => {
    const { roles } = ranksOfJobs([posted('1', 0, 'stage0'), posted('1', 1)], gpus('1', [0, 1]));
    expect([...roles]).toEqual([[gpuRef(0).key, 'stage0']]);
  });
});
