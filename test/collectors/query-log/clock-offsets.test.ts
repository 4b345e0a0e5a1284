import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ClockOffset, clockOffsetsOf } from '../../../src/collectors/query-log/clock-offsets.ts';
import { type WorkTimes, workTimesOf } from '../../../src/collectors/query-log/work-times.ts';
import { type LogShape, logText } from '../../support/query-log.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

type Shape = Omit<LogShape, 'node'>;

const USUAL: Shape = { gpus: 4, minutes: 60, busy: [10, 50] };

/** Four nodes that agree, and one of its own. */
const offsetOf = async (own: Shape, others: Shape = USUAL): Promise<ClockOffset | undefined> => {
  const directory = temporaryDirectory();
  const times = new Map<string, WorkTimes>();
  for (const [node, shape] of [others, others, others, others, own].entries()) {
    const path = join(directory, `node-${node}.csv`);
    writeFileSync(path, logText({ ...shape, node }));
    const found = await workTimesOf(path);
    if (found !== undefined) times.set(`node-${node}`, found);
  }
  const offsets = clockOffsetsOf(times);
  expect([...offsets.keys()].filter((node) => node !== 'node-4')).toEqual([]);
  return offsets.get('node-4');
};

describe('a node whose log', () => {
  test('agrees with the others is left alone', async () => {
    expect(await offsetOf(USUAL)).toBeUndefined();
  });

  test.each([
    ['an hour ahead', '2026/11/26 15:00', -60],
    ['seven hours behind', '2026/11/26 07:00', 420],
    ['five and three quarters of an hour ahead', '2026/11/26 19:45', -345],
    ['seven minutes ahead', '2026/11/26 14:07', -7],
    ['two and three quarters of an hour and a minute ahead', '2026/11/26 16:46', -165],
  ])('is of a clock that is %s is moved', async (_, startsAt, minutes) => {
    const offset = await offsetOf({ ...USUAL, startsAt });
    expect(offset?.offsetMs).toBe(minutes * 60_000);
    expect(offset?.why).toContain(minutes < 0 ? 'ahead of' : 'behind');
  });

  test('is of a clock that is a minute ahead is left alone', async () => {
    expect(await offsetOf({ ...USUAL, startsAt: '2026/11/26 14:01' })).toBeUndefined();
  });

  test('begins later, because its logger did, is left alone', async () => {
    expect(await offsetOf({ ...USUAL, minutes: 55, startsAt: '2026/11/26 14:05', busy: [5, 45] })).toBeUndefined();
  });

  test('shows that it joined the work an hour later keeps its times', async () => {
    const offset = await offsetOf(
      { ...USUAL, minutes: 120, busy: [70, 110] },
      { ...USUAL, minutes: 120, busy: [10, 110] },
    );
    expect(offset).toMatchObject({ offsetMs: 0, why: expect.stringContaining('60 min later') });
  });

  test('is of another day keeps its times, and it is said', async () => {
    const offset = await offsetOf({ ...USUAL, startsAt: '2026/11/27 15:10', minutes: 30, busy: [0, 30] });
    expect(offset).toMatchObject({ offsetMs: 0, why: expect.stringContaining('does not overlap') });
  });

  test('is at work from its first to its last line is moved where it begins and ends so', async () => {
    const all: Shape = { gpus: 4, minutes: 30, busy: [0, 30] };
    expect((await offsetOf({ ...all, startsAt: '2026/11/26 16:00' }, all))?.offsetMs).toBe(-7_200_000);
  });
});
