import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ClockOffset, clockOffsetsOf } from '../../../src/collectors/query-log/clock-offsets.ts';
import { type WorkTimes, workTimesOf } from '../../../src/collectors/query-log/work-times.ts';
import { type LogShape, logText } from '../../support/query-log.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

type Shape = Omit<LogShape, 'node'>;

const offsetsOf = async (texts: readonly string[]): Promise<ReadonlyMap<string, ClockOffset>> => {
  const directory = temporaryDirectory();
  const times = new Map<string, WorkTimes>();
  for (const [node, text] of texts.entries()) {
    const path = join(directory, `node-${node}.csv`);
    writeFileSync(path, text);
    const found = await workTimesOf(path);
    if (found !== undefined) times.set(`node-${node}`, found);
  }
  return clockOffsetsOf(times);
};

const USUAL: Shape = { gpus: 4, minutes: 60, busy: [10, 50] };

/** Four nodes that agree, and one of its own. */
const offsetOf = async (own: Shape, others: Shape = USUAL): Promise<ClockOffset | undefined> => {
  const offsets = await offsetsOf(
    [others, others, others, others, own].map((shape, node) => logText({ ...shape, node })),
  );
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

  test('is over seconds before the others begin is not called behind', async () => {
    const short: Shape = { gpus: 4, minutes: 1, everySeconds: 5, busy: [0, 1] };
    const own: Shape = { ...short, startsAt: '2026/11/26 13:59', minutes: 0.5 };
    const offset = await offsetOf(own, short);
    expect(offset?.offsetMs).toBe(0);
    expect(offset?.why).not.toMatch(/behind|ahead/);
  });

  /** The end of summer time, twenty minutes before the end of half an hour. */
  const setBack = (node: number): string =>
    logText({ node, gpus: 4, minutes: 10, startsAt: '2026/10/25 02:50' }) +
    logText({ node, gpus: 4, minutes: 20, startsAt: '2026/10/25 02:00', header: false });
  const goesOn = (node: number): string => logText({ node, gpus: 4, minutes: 30, startsAt: '2026/10/25 02:50' });

  test('goes back to winter time is not said to lie elsewhere', async () => {
    expect(await offsetsOf([goesOn(0), goesOn(1), goesOn(2), setBack(3)])).toEqual(new Map());
    expect(await offsetsOf([setBack(0), setBack(1), setBack(2)])).toEqual(new Map());
  });

  test('ends at work, or was long idle at the end, is known by its last minute of work', async () => {
    const directory = temporaryDirectory();
    const endOf = async (busy: readonly [number, number]): Promise<number | undefined> => {
      const path = join(directory, 'node-1.csv');
      writeFileSync(path, logText({ node: 1, gpus: 8, minutes: 60, busy }));
      return (await workTimesOf(path))?.busyUntil;
    };
    expect(await endOf([10, 60])).toBeUndefined();
    expect(await endOf([10, 58])).toBe(Date.UTC(2026, 10, 26, 14, 57));
    expect(await endOf([10, 45])).toBe(Date.UTC(2026, 10, 26, 14, 44));
  });
});
