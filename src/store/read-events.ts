import type { Reading } from '../api.ts';
import { absent, known } from '../api.ts';
import type { EventRecord } from '../engine/event.ts';
import { type EventQuery, selectEvents } from '../engine/event-query.ts';
import { failure } from './disk.ts';
import { listSegments, readSegment, type Segment } from './segment.ts';

/**
 * The last events of these segments that meet the query, read from the newest segment backwards, so that one segment
 * and the answer are all that is in memory. `read` answers with the events of a segment.
 */
export const lastEvents = async (
  segments: readonly Segment[],
  query: EventQuery,
  read: (file: string) => Promise<readonly EventRecord[]>,
): Promise<readonly EventRecord[]> => {
  let found: readonly EventRecord[] = [];
  for (const { file } of segments.toReversed()) {
    if (found.length >= query.limit) break;
    const older = selectEvents(await read(file), { ...query, limit: query.limit - found.length });
    found = [...older, ...found];
  }
  return found;
};

/** What an event log holds on disk, oldest first, whether or not an agent is writing to it. */
export const readEvents = async (directory: string, query: EventQuery): Promise<Reading<readonly EventRecord[]>> => {
  try {
    const segments = await listSegments(directory);
    return known(await lastEvents(segments, query, async (file) => (await readSegment(file)).events));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent('no-history', `${directory} does not exist`);
    return failure(directory, error);
  }
};
