import type { EventRecord, NewEvent } from '../engine/event.ts';
import { type EventQuery, selectEvents } from '../engine/event-query.ts';
import { type Disk, processDisk, WRITE_DEADLINE_MS } from './disk.ts';
import { lastEvents } from './read-events.ts';
import { beyondAge, beyondSize, type RetentionLimits } from './retention.ts';
import { readSegment, type SegmentContent } from './segment.ts';
import { createSegments } from './segments.ts';
import { createWriter } from './writer.ts';

export interface EventLogStatus {
  /** Whether what is appended reaches the disk; if not, `reason` says why on one line. */
  readonly durable: boolean;
  readonly reason?: string;
  /** On disk. */
  readonly bytes: number;
  readonly segments: number;
  /** Lines found at the start that are no events: the disk or somebody else changed them. */
  readonly malformedLines: number;
  /** Events that are in memory only, for now. */
  readonly notDurable: number;
  /** Events that left the memory before the disk took them, since the start. */
  readonly forgotten: number;
}

/** What happened on this node, in the order in which it was told. */
export interface EventLog {
  /** Takes an event at once, whatever the disk does, and answers with its id. Never throws. */
  append(event: NewEvent): EventRecord;
  /** Ids go on above this one, where an earlier process knows of more than the directory still holds. */
  continueAfter(id: number): void;
  /** The highest id so far; ids that were given while the directory could not be read may still rise. */
  lastId(): number;
  /** True once everything appended so far is on disk and outlives a power loss; false when the disk was given up. */
  flushed(): Promise<boolean>;
  status(): EventLogStatus;
  /** The last events that meet the query, oldest first; from memory alone while the disk does not answer. */
  query(query: EventQuery): Promise<readonly EventRecord[]>;
}

export interface EventLogOptions extends Partial<RetentionLimits> {
  readonly directory: string;
  readonly segmentBytes?: number;
  /** How many events stay in memory, for queries and while the disk takes none. */
  readonly recentLimit?: number;
  readonly writeDeadlineMs?: number;
  readonly disk?: Disk;
  readonly clock?: { wallMs(): number; monotonicMs(): number };
}

/** Some 30,000 events of the usual 500 bytes: months of a node that is well, days of one that is not. */
export const MAX_BYTES = 16 << 20;
/** The straggler check looks 28 days back (repeat offenders); a week more, so that it never meets the edge. */
export const MAX_AGE_SECONDS = 35 * 86_400;
/** A segment is parsed in one turn of the event loop: a few milliseconds for this much. */
const SEGMENT_BYTES = 256 << 10;
/** Some 4 MB; an hour of a node that tells one thing a second. */
const RECENT_LIMIT = 4096;
const AGE_PASS_MS = 3_600_000;

/** Two, because an agent that ended while this one's predecessor started may have begun the newest after it. */
const SEGMENTS_AT_START = 2;

const SYSTEM_CLOCK = { wallMs: () => Date.now(), monotonicMs: () => Number(process.hrtime.bigint()) / 1e6 };

/**
 * Opens the event log below a directory, which it makes. A directory that cannot be used is no error: the log is in
 * memory then, says so, and tries again. Resolves within the write deadline.
 */
export const openEventLog = async (options: EventLogOptions): Promise<EventLog> => {
  const { directory, disk = processDisk, clock = SYSTEM_CLOCK } = options;
  const limits = { maxBytes: options.maxBytes ?? MAX_BYTES, maxAgeSeconds: options.maxAgeSeconds ?? MAX_AGE_SECONDS };
  const recentLimit = options.recentLimit ?? RECENT_LIMIT;
  const deadlineMs = options.writeDeadlineMs ?? WRITE_DEADLINE_MS;
  const segments = createSegments(directory, options.segmentBytes ?? SEGMENT_BYTES);

  let recent: EventRecord[] = [];
  let lastId = 0;
  /** Every event up to this id is on disk or forgotten. */
  let settledId = 0;
  /** Every event up to this id is being written. */
  let inFlightId = 0;
  let forgotten = 0;
  let malformedLines = 0;
  let isLoaded = false;
  let agePassMs = clock.monotonicMs();

  const leftMemory = (): number => Math.max(0, (recent[0]?.id ?? 1) - 1 - Math.max(settledId, inFlightId));

  const load = async (): Promise<void> => {
    const contents: SegmentContent[] = [];
    for (const { file } of (await segments.load()).toReversed()) {
      contents.unshift(await readSegment(file));
      if (contents.filter(({ events }) => events.length > 0).length === SEGMENTS_AT_START) break;
    }
    if (contents.at(-1)?.isWhole === true) segments.adoptNewest();
    const stored = contents.flatMap(({ events }) => events);
    malformedLines = contents.reduce((sum, content) => sum + content.malformedLines, 0);
    settledId = stored.reduce((highest, { id }) => Math.max(highest, id), 0);
    // What came while the directory could not be read was numbered from 1; ids only ever grow.
    recent = [...stored, ...recent.map((event) => ({ ...event, id: event.id + settledId }))].slice(-recentLimit);
    lastId += settledId;
    isLoaded = true;
  };

  const writeNext = async (): Promise<void> => {
    forgotten += leftMemory();
    settledId += leftMemory();
    const unwritten = recent.filter(({ id }) => id > settledId);
    inFlightId = lastId;
    try {
      settledId += await segments.append(unwritten.map((event) => JSON.stringify(event)));
    } finally {
      inFlightId = 0;
    }
  };

  const retire = async (): Promise<void> => {
    for (const segment of beyondSize(segments.all(), limits)) await segments.remove(segment);
    if (clock.monotonicMs() - agePassMs < AGE_PASS_MS) return;
    agePassMs = clock.monotonicMs();
    const old = beyondAge(segments.all(), limits, clock.wallMs());
    if (old !== undefined) await segments.remove(old);
  };

  const writer = createWriter({
    path: directory,
    deadlineMs,
    disk,
    write: async () => {
      if (!isLoaded) await load();
      const upToId = lastId;
      while (settledId < upToId) await writeNext();
      await retire();
    },
  });

  const readPatiently = async (file: string): Promise<readonly EventRecord[]> => {
    const read = await disk.attempt(file, deadlineMs, () => readSegment(file));
    return read.ok ? read.value.events : [];
  };

  writer.wake();
  await writer.flushed();

  return {
    append: (event) => {
      lastId += 1;
      const record = { id: lastId, ...event };
      recent.push(record);
      if (recent.length > recentLimit) recent.shift();
      writer.wake();
      return record;
    },
    continueAfter: (id) => {
      if (id <= lastId || settledId < lastId) return;
      lastId = id;
      settledId = id;
    },
    lastId: () => lastId,
    flushed: () => writer.flushed(),
    status: () => {
      const reason = writer.givenUp();
      return {
        durable: reason === undefined,
        ...(reason === undefined ? {} : { reason }),
        bytes: segments.all().reduce((sum, { bytes }) => sum + bytes, 0),
        segments: segments.all().length,
        malformedLines,
        notDurable: lastId - settledId - leftMemory(),
        forgotten: forgotten + leftMemory(),
      };
    },
    query: async (query) => {
      const inMemory = selectEvents(recent, query);
      const firstId = recent[0]?.id ?? Number.POSITIVE_INFINITY;
      const isComplete = inMemory.length >= query.limit || (query.afterId ?? 0) >= firstId - 1;
      if (isComplete) return inMemory;
      const older = await lastEvents(segments.all(), { ...query, limit: query.limit - inMemory.length }, async (file) =>
        (await readPatiently(file)).filter(({ id }) => id < firstId),
      );
      return [...older, ...inMemory];
    },
  };
};
