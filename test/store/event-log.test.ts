import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, type EventRecord, type NewEvent } from '../../src/engine/event.ts';
import type { EventQuery } from '../../src/engine/event-query.ts';
import { manualClock } from '../../src/host/clock.ts';
import { type EventLogOptions, openEventLog } from '../../src/store/event-log.ts';
import { readEvents } from '../../src/store/read-events.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { eventAt, idsOf, messagesOf, STARTED_AT, segmentFiles, stored } from './events.ts';

const ALL: EventQuery = { limit: 1_000_000 };

const freshLog = async (options: Partial<EventLogOptions> = {}) => {
  const directory = join(temporaryDirectory(), 'state/events');
  return { directory, log: await openEventLog({ directory, ...options }) };
};

describe('an event', () => {
  it('has its id and can be asked for at once, before the disk has it', async () => {
    const { log } = await freshLog();
    const record = log.append(eventAt(0));
    expect(record).toEqual({ id: 1, ...eventAt(0) });
    expect(log.status().notDurable).toBe(1);
    expect(await log.query(ALL)).toEqual([record]);
  });

  it('is on disk, for everybody, once flushed says so', async () => {
    const { directory, log } = await freshLog();
    const records = [0, 1, 2].map((second) => log.append(eventAt(second, { evidence: { xid: 79, text: 'a\nb' } })));
    expect(await log.flushed()).toBe(true);
    expect(await stored(directory)).toEqual(records);
    expect(log.status()).toEqual({
      durable: true,
      bytes: statSync(segmentFiles(directory)[0] ?? '').size,
      segments: 1,
      malformedLines: 0,
      notDurable: 0,
      forgotten: 0,
    });
  });

  it('keeps its id over restarts, and the next goes on from it in the same file', async () => {
    const { directory, log } = await freshLog();
    log.append(eventAt(0));
    log.append(eventAt(1));
    await log.flushed();
    for (const id of [3, 4, 5]) {
      const again = await openEventLog({ directory });
      expect(again.append(eventAt(id)).id).toBe(id);
      expect(idsOf(await again.query(ALL))).toEqual(Array.from({ length: id }, (_, i) => i + 1));
      await again.flushed();
    }
    expect(segmentFiles(directory)).toHaveLength(1);
  });
});

describe('a directory that cannot be used', () => {
  it('costs durability, not events, and is used once it can be', async () => {
    const root = temporaryDirectory();
    const directory = join(root, 'state/events');
    writeFileSync(join(root, 'state'), 'not a directory');
    const log = await openEventLog({ directory });
    log.append(eventAt(0));
    expect(await log.flushed()).toBe(false);
    expect(log.status()).toMatchObject({ durable: false, notDurable: 1, forgotten: 0 });
    expect(log.status().reason).toMatch(/^\S+\/state\/events: ENOTDIR: not a directory$/);
    expect(messagesOf(await log.query(ALL))).toEqual(['event 0']);

    rmSync(join(root, 'state'));
    log.append(eventAt(1));
    await expect.poll(() => log.status().durable, { timeout: 20_000 }).toBe(true);
    expect(await log.flushed()).toBe(true);
    expect(messagesOf(await stored(directory))).toEqual(['event 0', 'event 1']);
    expect(log.status()).not.toHaveProperty('reason');
  });

  it('does not make ids come twice when it turns out to hold events', async () => {
    const root = temporaryDirectory();
    const [state, elsewhere] = [join(root, 'state'), join(root, 'elsewhere')];
    const earlier = await openEventLog({ directory: join(elsewhere, 'events') });
    for (const second of [0, 1, 2]) earlier.append(eventAt(second));
    await earlier.flushed();

    writeFileSync(state, 'in the way');
    const log = await openEventLog({ directory: join(state, 'events') });
    log.append(eventAt(3));
    log.append(eventAt(4));
    rmSync(state);
    renameSync(elsewhere, state);
    await expect.poll(() => log.status().durable, { timeout: 20_000 }).toBe(true);
    expect(log.append(eventAt(5)).id).toBe(6);
    await log.flushed();
    const whole = await stored(join(state, 'events'));
    expect(idsOf(whole)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(messagesOf(whole)).toEqual([0, 1, 2, 3, 4, 5].map((second) => `event ${second}`));
    expect(await log.query(ALL)).toEqual(whole);
  });

  it('keeps the latest events in bounded memory, and counts those that had to go', async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'state'), 'not a directory');
    const log = await openEventLog({ directory: join(root, 'state/events'), recentLimit: 10 });
    for (let second = 0; second < 25; second += 1) log.append(eventAt(second));
    expect(await log.flushed()).toBe(false);
    expect(log.status()).toMatchObject({ notDurable: 10, forgotten: 15 });
    expect(messagesOf(await log.query(ALL))).toEqual(Array.from({ length: 10 }, (_, i) => `event ${15 + i}`));
    rmSync(join(root, 'state'));
    await expect.poll(() => log.status().durable, { timeout: 20_000 }).toBe(true);
    expect(log.status()).toMatchObject({ notDurable: 0, forgotten: 15 });
    expect(idsOf(await stored(join(root, 'state/events')))).toEqual(Array.from({ length: 10 }, (_, i) => 16 + i));
  });

  it('that somebody removes under a running agent is made again', async () => {
    const { directory, log } = await freshLog();
    log.append(eventAt(0));
    await log.flushed();
    rmSync(directory, { recursive: true });
    log.append(eventAt(1));
    expect(await log.flushed()).toBe(true);
    expect(messagesOf(await stored(directory))).toEqual(['event 1']);
  });

  it('holds nothing for a reader who finds none, and says why when it cannot be read', async () => {
    const root = temporaryDirectory();
    expect(await readEvents(join(root, 'none'), ALL)).toMatchObject({ ok: false, reason: 'no-history' });
    writeFileSync(join(root, 'file'), '');
    expect(await readEvents(join(root, 'file'), ALL)).toMatchObject({
      ok: false,
      reason: 'failed',
      detail: `${join(root, 'file')}: ENOTDIR: not a directory`,
    });
  });
});

describe('lines that are no events', () => {
  it('are counted at the start and skipped; what else lies in the directory is left alone', async () => {
    const { directory, log } = await freshLog();
    log.append(eventAt(0));
    await log.flushed();
    const [segment = ''] = segmentFiles(directory);
    appendFileSync(segment, 'rubbish\n{"id":"2"}\n\0\0\0\n[]\nnull\n{"id":7}\n');
    appendFileSync(
      segment,
      `${JSON.stringify({ id: 7, ...eventAt(7), component: { key: 'gpu:a', kind: 'gpu', device: 5 } })}\n`,
    );
    appendFileSync(segment, `${JSON.stringify({ id: 8, ...eventAt(8) })}\n`);
    writeFileSync(join(directory, 'notes.txt'), '{"id":99}\n');
    mkdirSync(join(directory, '000000000099.jsonl'));
    const again = await openEventLog({ directory });
    expect(again.status()).toMatchObject({ durable: true, malformedLines: 7, segments: 1 });
    expect(idsOf(await again.query(ALL))).toEqual([1, 8]);
    expect(await again.query({ limit: 9, component: 'mlx5_2' })).toEqual([]);
    expect(again.append(eventAt(9)).id).toBe(9);
  });
});

describe('retention', () => {
  const SEGMENT_BYTES = 1000;

  it('by size: the oldest segments go, the total stays below the limit, ids go on', async () => {
    const { directory, log } = await freshLog({ segmentBytes: SEGMENT_BYTES, maxBytes: 5000, recentLimit: 5 });
    for (let second = 0; second < 200; second += 1) {
      log.append(eventAt(second));
      if (second % 3 === 0) await log.flushed();
    }
    await log.flushed();
    const sizes = segmentFiles(directory).map((file) => statSync(file).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(5000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(SEGMENT_BYTES + 300);
    const kept = idsOf(await stored(directory));
    expect(kept.at(-1)).toBe(200);
    expect(kept.length).toBeGreaterThan(20);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 201 - kept.length + i));
    expect(log.status()).toMatchObject({ segments: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) });
    expect(await log.query(ALL)).toEqual(await stored(directory));
  });

  it('never takes the segment that is written to, however large', async () => {
    const { directory, log } = await freshLog({ maxBytes: 10 });
    log.append(eventAt(0));
    log.append(eventAt(1));
    await log.flushed();
    expect(idsOf(await stored(directory))).toEqual([1, 2]);
  });

  it('by age: one old segment an hour, so that a wrong clock does not take them all', async () => {
    const clock = manualClock(Date.now());
    const options = { segmentBytes: SEGMENT_BYTES, maxAgeSeconds: 86_400, clock };
    const { directory, log: earlier } = await freshLog(options);
    for (let second = 0; second < 40; second += 1) earlier.append(eventAt(second));
    await earlier.flushed();
    const files = segmentFiles(directory);
    expect(files.length).toBeGreaterThan(4);
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    for (const file of files.slice(0, 2)) utimesSync(file, twoDaysAgo, twoDaysAgo);

    const log = await openEventLog({ directory, ...options });
    const afterWriting = async (): Promise<readonly string[]> => {
      log.append(eventAt(99));
      await log.flushed();
      return segmentFiles(directory).filter((file) => files.includes(file));
    };
    expect(await afterWriting()).toEqual(files);
    clock.advance(3_600_000);
    expect(await afterWriting()).toEqual(files.slice(1));
    expect(await afterWriting()).toEqual(files.slice(1));
    clock.advance(3_600_000);
    expect(await afterWriting()).toEqual(files.slice(2));
    clock.advance(3_600_000);
    expect(await afterWriting()).toEqual(files.slice(2));
  });
});

describe('several processes in one directory', () => {
  it('a reader sees whole events, in order, while the writer rotates and retires', async () => {
    const { directory, log } = await freshLog({ segmentBytes: 2000, maxBytes: 20_000 });
    let isWriting = true;
    const writing = (async () => {
      for (let second = 0; second < 600; second += 1) {
        log.append(eventAt(second));
        await log.flushed();
      }
      isWriting = false;
    })();
    let reads = 0;
    while (isWriting) {
      const ids = idsOf(await stored(directory));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(new Set(ids).size).toBe(ids.length);
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(reads).toBeGreaterThan(5);
  });

  it('a half line that another process leaves in the segment costs nothing of ours', async () => {
    const { directory, log } = await freshLog();
    for (const second of [0, 1, 2]) {
      log.append(eventAt(second));
      await log.flushed();
      appendFileSync(segmentFiles(directory).at(-1) ?? '', '{"id":');
    }
    expect(messagesOf(await stored(directory))).toEqual(['event 0', 'event 1', 'event 2']);
  });

  it('two writers lose nothing of each other, and the third goes on above both', async () => {
    const { directory, log: old } = await freshLog();
    old.append(eventAt(0, { message: 'old 0' }));
    await old.flushed();
    const young = await openEventLog({ directory });
    for (let second = 1; second <= 20; second += 1) {
      const writers = second % 2 === 0 ? [old, young] : [young, old];
      for (const writer of writers) {
        writer.append(eventAt(second, { message: `${writer === old ? 'old' : 'young'} ${second}` }));
        if (second % 3 === 0) expect(await writer.flushed()).toBe(true);
      }
    }
    expect(await Promise.all([old.flushed(), young.flushed()])).toEqual([true, true]);
    const messages = messagesOf(await stored(directory));
    const numbers = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(messages).toHaveLength(41);
    for (const name of ['old', 'young'])
      expect(messages.filter((text) => text.startsWith(name) && text !== 'old 0')).toEqual(
        numbers.map((number) => `${name} ${number}`),
      );
    const third = await openEventLog({ directory });
    expect(third.append(eventAt(30)).id).toBe(22);
    expect(third.status().malformedLines).toBe(0);
  });
});

describe('an agent that says goodbye after its successor has written', () => {
  it('does not make ids come twice for the one after', async () => {
    const { directory, log: old } = await freshLog();
    old.append(eventAt(0));
    await old.flushed();
    const young = await openEventLog({ directory });
    for (let second = 1; second <= 5; second += 1) young.append(eventAt(second));
    await young.flushed();
    old.append(eventAt(6, { type: 'agent_stopped' }));
    await old.flushed();
    expect((await openEventLog({ directory })).append(eventAt(7)).id).toBe(7);
  });
});

describe('a query', () => {
  const CHECKS = ['gpu/xid-errors', 'gpu/ecc-errors', 'network/link-down'];
  const COMPONENTS = [
    { key: 'gpu:GPU-a', kind: 'gpu', index: 3, uuid: 'GPU-AAAAAAAA-1', pci_bus_id: '00000000:52:00.0' },
    { key: 'gpu:GPU-b', kind: 'gpu', index: 5, uuid: 'GPU-bbbbbbbb-2', serial: '165202' },
    { key: 'nic:mlx5_2/1', kind: 'nic', device: 'mlx5_2', port: 1 },
  ] as const;

  const newEvent: fc.Arbitrary<NewEvent> = fc.record(
    {
      at: fc.integer({ min: 0, max: 50 }).map((second) => eventAt(second).at),
      node: fc.constant('n'),
      boot_id: fc.constant('b'),
      type: fc.constantFrom(...EVENT_TYPES.slice(0, 4)),
      message: fc.string({ maxLength: 30 }),
      check: fc.constantFrom(...CHECKS),
      component: fc.constantFrom(...COMPONENTS),
    },
    { requiredKeys: ['at', 'node', 'boot_id', 'type', 'message'] },
  );

  /** What is asked for, with the same said by hand. */
  const filters = {
    sinceMs: fc.integer({ min: 0, max: 50 }).map((second) => STARTED_AT + second * 1000),
    untilMs: fc.integer({ min: 0, max: 50 }).map((second) => STARTED_AT + second * 1000),
    afterId: fc.integer({ min: 0, max: 130 }),
    types: fc.subarray([...EVENT_TYPES.slice(0, 5)]),
    check: fc.constantFrom('gpu/*', '*', 'gpu/xid-errors', '*-errors', 'none'),
    component: fc.constantFrom('gpu 3', 'MLX5_2/1', 'gpu-aaaaaaaa', '165202', '52:00.0', 'nothing'),
  };
  const query: fc.Arbitrary<EventQuery> = fc.record(
    { ...filters, limit: fc.integer({ min: 1, max: 150 }) },
    { requiredKeys: ['limit'] },
  );

  const BY_GLOB: Readonly<Record<string, readonly string[]>> = {
    'gpu/*': ['gpu/xid-errors', 'gpu/ecc-errors'],
    '*': CHECKS,
    'gpu/xid-errors': ['gpu/xid-errors'],
    '*-errors': ['gpu/xid-errors', 'gpu/ecc-errors'],
  };
  const BY_TEXT: Readonly<Record<string, number>> = {
    'gpu 3': 0,
    'gpu-aaaaaaaa': 0,
    '52:00.0': 0,
    '165202': 1,
    'MLX5_2/1': 2,
  };

  const expected = (events: readonly EventRecord[], q: EventQuery): readonly EventRecord[] => {
    let left = events;
    if (q.sinceMs !== undefined) left = left.filter(({ at }) => at >= new Date(q.sinceMs ?? 0).toISOString());
    if (q.untilMs !== undefined) left = left.filter(({ at }) => at < new Date(q.untilMs ?? 0).toISOString());
    if (q.afterId !== undefined) left = left.filter(({ id }) => id > (q.afterId ?? 0));
    if (q.types !== undefined) left = left.filter(({ type }) => q.types?.includes(type));
    if (q.check !== undefined)
      left = left.filter(({ check }) => BY_GLOB[q.check ?? '']?.includes(check ?? '') ?? false);
    if (q.component !== undefined)
      left = left.filter(
        ({ component }) =>
          component?.key === COMPONENTS[BY_TEXT[q.component ?? ''] ?? -1]?.key && component !== undefined,
      );
    return left.slice(-q.limit);
  };

  it('answers what filtering the whole list would, from memory and disk and from disk alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(newEvent, { maxLength: 120 }),
        fc.array(query, { minLength: 5, maxLength: 10 }),
        fc.integer({ min: 1, max: 60 }),
        async (events, queries, recentLimit) => {
          const { directory, log } = await freshLog({ recentLimit, segmentBytes: 2000 });
          const whole: EventRecord[] = [];
          for (const event of events) {
            whole.push(log.append(event));
            // So that none falls out of memory before the disk has it.
            if (whole.length % recentLimit === 0) await log.flushed();
          }
          await log.flushed();
          for (const q of queries) {
            expect(await log.query(q)).toEqual(expected(whole, q));
            expect(await readEvents(directory, q)).toEqual({ ok: true, value: expected(whole, q) });
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
