import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { oneAtATime, QUEUE_FULL } from '../../../src/server/web/one-at-a-time.ts';

describe('costly work', () => {
  it('runs one piece at a time, in order, with rests, and failures harm nobody else', async () => {
    const enqueue = oneAtATime(10);
    const said: string[] = [];
    const piece = (name: string) => async (): Promise<string> => {
      said.push(`${name} begins`);
      await sleep(5);
      said.push(`${name} ends`);
      if (name === 'b') throw new Error('b failed');
      return name;
    };
    const done = await Promise.allSettled(['a', 'b', 'c'].map((name) => enqueue(piece(name))));
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(said).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('is refused when too much waits, and taken on again later', async () => {
    const enqueue = oneAtATime(2);
    const piece = (): Promise<string> => sleep(5, 'done');
    const taken = [enqueue(piece), enqueue(piece)];
    expect(enqueue(piece)).toBe(QUEUE_FULL);
    await Promise.all(taken);
    expect(await enqueue(piece)).toBe('done');
  });
});
