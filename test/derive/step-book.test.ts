import { describe, expect, it } from 'vitest';
import type { StepTime } from '../../src/api.ts';
import { createStepBook } from '../../src/derive/step-book.ts';

const step = (over: Partial<StepTime> = {}): StepTime => ({ jobId: '1', rank: 0, step: 0, seconds: 1, at: 0, ...over });
const small = { jobs: 2, ranksPerJob: 2, stepsPerRank: 3 };

describe('the step book', () => {
  it('holds what was added, job by job and rank by rank', () => {
    const book = createStepBook();
    for (const [jobId, rank, number] of [
      ['1', 0, 5],
      ['1', 1, 5],
      ['2', 0, 9],
      ['1', 0, 6],
    ] as const)
      expect(book.add(step({ jobId, rank, step: number, role: 'dp' }))).toBe(true);
    expect(book.value().map(({ jobId, rank, step }) => `${jobId}/${rank}/${step}`)).toEqual([
      '2/0/9',
      '1/0/5',
      '1/0/6',
      '1/1/5',
    ]);
    expect(book.value()[0]).toEqual(step({ jobId: '2', step: 9, role: 'dp' }));
    expect(book.counts()).toEqual({ accepted: 4, refused: {} });
  });

  it('is the same array until something is added', () => {
    const book = createStepBook();
    const empty = book.value();
    expect(book.value()).toBe(empty);
    book.add(step());
    const one = book.value();
    expect(one).not.toBe(empty);
    book.refuse('malformed');
    expect(book.value()).toBe(one);
    expect(Object.isFrozen(one)).toBe(true);
  });

  it('forgets the oldest steps of a rank', () => {
    const book = createStepBook(small);
    for (let i = 0; i < 5; i += 1) book.add(step({ step: i }));
    expect(book.value().map((entry) => entry.step)).toEqual([2, 3, 4]);
  });

  it('forgets the job that has been silent for longest, not the one that began first', () => {
    const book = createStepBook(small);
    for (const jobId of ['a', 'b', 'a', 'c']) book.add(step({ jobId }));
    expect(book.value().map(({ jobId }) => jobId)).toEqual(['a', 'a', 'c']);
  });

  it('refuses and counts a rank too many; the others go on', () => {
    const book = createStepBook(small);
    expect([0, 1, 2, 1].map((rank) => book.add(step({ rank })))).toEqual([true, true, false, true]);
    expect(book.counts()).toEqual({ accepted: 3, refused: { ranks: 1 } });
  });

  it('stays within 16 jobs, 64 ranks and 120 steps whatever is posted', () => {
    const book = createStepBook();
    for (let job = 0; job < 20; job += 1)
      for (let rank = 0; rank < 70; rank += 1)
        for (let number = 0; number < 130; number += 1) book.add(step({ jobId: `${job}`, rank, step: number }));
    expect(book.value()).toHaveLength(16 * 64 * 120);
  });
});
