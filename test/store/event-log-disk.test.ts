import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createDisk } from '../../src/store/disk.ts';
import { openEventLog } from '../../src/store/event-log.ts';
import { createStateFile } from '../../src/store/state-file.ts';
import { ext4Disk, noDisks, noPowerCut, smallDisk } from './disks.ts';
import { eventAt, idsOf, messagesOf, stored } from './events.ts';

const noDisk = noDisks();
const why = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);
const HEALED = { timeout: 25_000, interval: 50 };

/** Fills a disk but for about this many bytes. */
const fill = (path: string, freeBytes: number): string => {
  const filler = join(path, 'filler');
  const block = Buffer.alloc(4096);
  const blocks: Buffer[] = [];
  try {
    for (;;) {
      blocks.push(block);
      writeFileSync(filler, Buffer.concat(blocks));
    }
  } catch {
    writeFileSync(filler, Buffer.concat(blocks.slice(0, -1 - Math.ceil(freeBytes / 4096))));
  }
  return filler;
};

describe.skipIf(noDisk !== undefined)(`a disk${why(noDisk)}`, () => {
  it('that fills up in the middle of a line costs no event and leaves no half one', async () => {
    const { path } = smallDisk(256);
    const directory = join(path, 'events');
    const log = await openEventLog({ directory });
    log.append(eventAt(1));
    expect(await log.flushed()).toBe(true);
    const filler = fill(path, 8192);
    const long = 'x'.repeat(3000);
    for (let second = 2; second <= 20; second += 1) log.append(eventAt(second, { message: `event ${second} ${long}` }));
    expect(await log.flushed()).toBe(false);
    expect(log.status()).toMatchObject({ durable: false, notDurable: 19, forgotten: 0 });
    expect(log.status().reason).toBe(`${directory}: ENOSPC: no space left on device`);
    expect(idsOf(await log.query({ limit: 100 }))).toEqual(upTo(20));
    // Retries while it is full must not make it worse.
    await sleep(1500);
    rmSync(filler);
    log.append(eventAt(21));
    await expect.poll(() => log.status().durable, HEALED).toBe(true);
    expect(await log.flushed()).toBe(true);
    expect(idsOf(await stored(directory))).toEqual(upTo(21));
    const again = await openEventLog({ directory });
    expect(again.status()).toMatchObject({ malformedLines: 0, segments: 1 });
  });

  it('that is full and holds a half line when the agent is killed loses only what was never acknowledged', async () => {
    const { path } = smallDisk(256);
    const directory = join(path, 'events');
    const log = await openEventLog({ directory });
    log.append(eventAt(1));
    await log.flushed();
    const filler = fill(path, 4096);
    log.append(eventAt(2, { message: 'x'.repeat(50_000) }));
    expect(await log.flushed()).toBe(false);
    // Nobody truncates what the killed writer left.
    const next = await openEventLog({ directory, disk: createDisk() });
    rmSync(filler);
    expect(next.append(eventAt(3)).id).toBe(2);
    await expect.poll(() => next.flushed(), HEALED).toBe(true);
    expect(messagesOf(await stored(directory)).slice(0, 2)).toEqual(['event 1', 'event 3']);
  });

  it('that turns read-only costs durability until it is writable again', async () => {
    const { path, remount } = smallDisk(256);
    const directory = join(path, 'events');
    const log = await openEventLog({ directory });
    log.append(eventAt(1));
    await log.flushed();
    remount('ro');
    log.append(eventAt(2));
    expect(await log.flushed()).toBe(false);
    expect(log.status().reason).toBe(`${directory}: EROFS: read-only file system`);
    const atStart = await openEventLog({ directory, disk: createDisk() });
    expect(atStart.append(eventAt(2)).id).toBe(2);
    expect(await atStart.flushed()).toBe(false);
    remount('rw');
    await expect.poll(() => log.status().durable, HEALED).toBe(true);
    expect(messagesOf(await stored(directory)).slice(0, 2)).toEqual(['event 1', 'event 2']);
  });

  it('that freezes does not hold up the agent, which forgets nothing', async () => {
    const disk = ext4Disk();
    const directory = join(disk.path, 'events');
    const lane = createDisk();
    const log = await openEventLog({ directory, writeDeadlineMs: 500, disk: lane });
    const state = createStateFile({ file: join(disk.path, 'state.json'), writeDeadlineMs: 500, disk: lane });
    log.append(eventAt(1));
    state.save({ turn: 1 });
    expect([await log.flushed(), await state.flushed()]).toEqual([true, true]);

    disk.freeze();
    let turns = 0;
    let longestMs = 0;
    let lastMs = performance.now();
    const turning = setInterval(() => {
      turns += 1;
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 5);
    for (let second = 2; second <= 40; second += 1) {
      expect(log.append(eventAt(second)).id).toBe(second);
      state.save({ turn: second });
      await sleep(50);
    }
    // Both refuse within their deadline, and both wait on one thread, of which libuv has four.
    expect([await log.flushed(), await state.flushed()]).toEqual([false, false]);
    clearInterval(turning);
    if (process.env.MUSTER_FIGURES)
      process.stderr.write(`frozen: ${turns} turns, longest ${longestMs.toFixed(1)} ms\n`);
    expect(turns).toBeGreaterThan(20);
    expect(log.status()).toMatchObject({ durable: false, notDurable: 39, forgotten: 0 });
    expect([log.status().reason, state.status().reason].join('\n')).toMatch(
      /has not answered for 0.5 s|does not return/,
    );
    expect(idsOf(await log.query({ limit: 100 }))).toEqual(upTo(40));

    disk.thaw();
    await expect.poll(() => log.status().durable && state.status().durable, HEALED).toBe(true);
    expect([await log.flushed(), await state.flushed()]).toEqual([true, true]);
    expect(idsOf(await stored(directory))).toEqual(upTo(40));
    expect(await state.load()).toEqual({ ok: true, value: { turn: 40 } });
  }, 60_000);

  it('that is frozen at the start: the agent starts, goes on from the last id, and makes up for it', async () => {
    const disk = ext4Disk();
    const directory = join(disk.path, 'events');
    const earlier = await openEventLog({ directory });
    earlier.append(eventAt(1));
    await earlier.flushed();
    disk.freeze();
    const options = { writeDeadlineMs: 300, disk: createDisk() };
    const log = await openEventLog({ directory, ...options });
    expect(log.append(eventAt(2)).id).toBe(2);
    expect(await log.flushed()).toBe(false);
    // Where no directory is yet, even the first look does not return.
    const young = await openEventLog({ directory: join(disk.path, 'none/events'), ...options, disk: createDisk() });
    young.append(eventAt(1));
    expect(young.status()).toMatchObject({ durable: false, notDurable: 1 });
    disk.thaw();
    await expect.poll(() => log.status().durable && young.status().durable, HEALED).toBe(true);
    expect(messagesOf(await stored(directory))).toEqual(['event 1', 'event 2']);
    expect(messagesOf(await stored(join(disk.path, 'none/events')))).toEqual(['event 1']);
  }, 60_000);
});

const noCut = noPowerCut();

describe.skipIf(noCut !== undefined)(`a loss of power${why(noCut)}`, () => {
  it('takes nothing that was acknowledged: events, new segments, removed directories, the state file', async () => {
    const disk = ext4Disk();
    const directory = join(disk.path, 'state/events');
    const file = join(disk.path, 'state/state.json');
    let acknowledged = 0;
    for (let round = 1; round <= 4; round += 1) {
      const log = await openEventLog({ directory, segmentBytes: 600 });
      const state = createStateFile({ file });
      for (let i = 0; i < 7; i += 1) log.append(eventAt(acknowledged + i));
      expect(await log.flushed()).toBe(true);
      acknowledged += 7;
      state.save({ round });
      expect(await state.flushed()).toBe(true);
      disk.cutPower();
      const kept = await stored(directory);
      expect(idsOf(kept)).toEqual(upTo(acknowledged));
      expect(await createStateFile({ file }).load()).toEqual({ ok: true, value: { round } });
    }
  }, 60_000);
});
