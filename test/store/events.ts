import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EventRecord, NewEvent } from '../../src/engine/event.ts';
import { readEvents } from '../../src/store/read-events.ts';

export const STARTED_AT = Date.UTC(2026, 5, 1, 12);

/** One event a second. */
export const eventAt = (second: number, over: Partial<NewEvent> = {}): NewEvent => ({
  at: new Date(STARTED_AT + second * 1000).toISOString(),
  node: 'gpu-node-17',
  boot_id: 'boot-1',
  type: 'kernel_event',
  message: `event ${second}`,
  ...over,
});

export const segmentFiles = (directory: string): readonly string[] =>
  readdirSync(directory)
    .sort()
    .map((name) => join(directory, name));

/** Everything on disk, as another process sees it. */
export const stored = async (directory: string): Promise<readonly EventRecord[]> => {
  const read = await readEvents(directory, { limit: 1_000_000 });
  if (!read.ok) throw new Error(read.detail);
  return read.value;
};

export const idsOf = (events: readonly EventRecord[]): readonly number[] => events.map(({ id }) => id);

export const messagesOf = (events: readonly EventRecord[]): readonly string[] => events.map(({ message }) => message);
