import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventRecord } from '../engine/event.ts';

/** One file of the event log: JSON lines, oldest first. Segments are numbered in the order in which they were begun. */
export interface Segment {
  readonly number: number;
  readonly file: string;
  readonly bytes: number;
  /** Unix ms of the last write, which is when its newest event came. */
  readonly writtenMs: number;
}

const NAME = /^([0-9]{12})\.jsonl$/;

export const segmentFile = (directory: string, number: number): string =>
  join(directory, `${String(number).padStart(12, '0')}.jsonl`);

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** The segments of a directory, oldest first. Rejects where the directory cannot be read. */
export const listSegments = async (directory: string): Promise<readonly Segment[]> => {
  const entries = await readdir(directory, { withFileTypes: true });
  const numbers = entries
    .filter((entry) => entry.isFile())
    .flatMap(({ name }) => NAME.exec(name)?.slice(1).map(Number) ?? [])
    .sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (const number of numbers) {
    const file = segmentFile(directory, number);
    try {
      const { size, mtimeMs } = await stat(file);
      segments.push({ number, file, bytes: size, writtenMs: mtimeMs });
    } catch (error) {
      // The writer's retention took it meanwhile.
      if (!isMissing(error)) throw error;
    }
  }
  return segments;
};

export interface SegmentContent {
  readonly events: readonly EventRecord[];
  /** Lines before the last that are no events. */
  readonly malformedLines: number;
  /** Whether it ends as every finished write ends; if not, what follows the last whole event was never acknowledged. */
  readonly isWhole: boolean;
}

const TEXTS = ['at', 'node', 'boot_id', 'type', 'message'];
const COMPONENT_TEXTS = ['uuid', 'pci_bus_id', 'serial', 'slot', 'device', 'guid'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value);

const isComponent = (value: unknown): boolean =>
  isObject(value) &&
  isText(value.key) &&
  isText(value.kind) &&
  COMPONENT_TEXTS.every((name) => isTextOrNone(value[name]));

// What others rely on: names to compare, texts to print. Ids beyond the safe integers would no longer grow by one.
const isEvent = (value: unknown): value is EventRecord =>
  isObject(value) &&
  Number.isSafeInteger(value.id) &&
  Number(value.id) >= 1 &&
  TEXTS.every((name) => isText(value[name])) &&
  isTextOrNone(value.check) &&
  (value.component === undefined || isComponent(value.component));

const eventOf = (line: string): EventRecord | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** What the text of a segment holds. A last line that was not finished is left out and counts as nothing. */
export const parseSegment = (text: string): SegmentContent => {
  const lines = text.split('\n');
  const unfinished = lines.pop() ?? '';
  const parsed = lines.map(eventOf);
  const isWhole = unfinished === '' && (parsed.length === 0 || parsed.at(-1) !== undefined);
  const events = parsed.filter((event) => event !== undefined);
  const tornLines = parsed.length > 0 && parsed.at(-1) === undefined ? 1 : 0;
  return { events, malformedLines: parsed.length - events.length - tornLines, isWhole };
};

/** Far above any segment that Muster writes: what is larger came from elsewhere, and memory is dear. */
const MAX_SEGMENT_BYTES = 16 << 20;

const EMPTY: SegmentContent = { events: [], malformedLines: 0, isWhole: true };

/** Reads a segment; one that has gone holds nothing. Rejects where it cannot be read. */
export const readSegment = async (file: string): Promise<SegmentContent> => {
  try {
    const handle = await open(file, 'r');
    try {
      if ((await handle.stat()).size > MAX_SEGMENT_BYTES) return { events: [], malformedLines: 1, isWhole: false };
      return parseSegment(await handle.readFile('utf8'));
    } finally {
      await handle.close().catch(() => undefined);
    }
  } catch (error) {
    if (isMissing(error)) return EMPTY;
    throw error;
  }
};
