import type { KernelEvent, KernelLog } from '../../api.ts';
import { parseAer } from './aer.ts';
import { createFallenOffBus } from './fallen-off-bus.ts';
import type { KernelMessage } from './message.ts';
import { parseMlx5 } from './mlx5.ts';
import { parseOom } from './oom.ts';
import { type KernelRecord, parseKernelLine } from './record.ts';
import { isRelevant } from './relevant.ts';
import { parseSxid } from './sxid.ts';
import { parseXid } from './xid.ts';

export interface Reading {
  /** Unix ms. */
  readonly now: number;
  /** Unix ms; dates the records that count from boot. */
  readonly bootedAt?: number | undefined;
  /** Records that the ring overwrote before they were read. */
  readonly lost?: number;
}

/** What the kernel log of one boot has said so far. */
export interface EventLog {
  add(lines: readonly string[], reading: Reading): void;
  /** The same object until something is added to it. */
  value(): KernelLog;
}

// Distinct events, not lines: repeats are counted. A healthy node has none, a node of 8 dying GPUs some dozens. What
// users wrote has its own, smaller share, so that it cannot take the place of what the kernel says.
const MAX_EVENTS = 1000;
const MAX_USER_EVENTS = 100;
// The kernel's own limit is 1 KiB a line (LOG_LINE_MAX); a report needs the beginning.
const MAX_TEXT = 500;

const identityOf = ({ kind, component, code, causedBy, variant }: KernelMessage, fromKernel: boolean): string =>
  [fromKernel, kind, component.key, code, causedBy, variant].join('|');

const timeOf = ({ at, monotonicUs }: KernelRecord, { now, bootedAt }: Reading): number => {
  const time = at ?? (monotonicUs === undefined || bootedAt === undefined ? now : bootedAt + monotonicUs / 1000);
  // The kernel's clock runs free of NTP, and a record cannot be younger than its reader.
  return Math.min(Math.round(time), now);
};

/** Folds lines into events: one for each thing that happened to a component, with its count and its latest words. */
export const createEventLog = (): EventLog => {
  const events = new Map<string, KernelEvent>();
  const fallenSaidBy = { kernel: createFallenOffBus(), user: createFallenOffBus() };
  let userEvents = 0;
  let lost = 0;
  let since: number | undefined;
  let current: KernelLog | undefined;

  const store = (message: KernelMessage, record: KernelRecord, text: string, reading: Reading): void => {
    current = undefined;
    const identity = identityOf(message, record.fromKernel);
    const known = events.get(identity);
    const full = record.fromKernel ? events.size - userEvents >= MAX_EVENTS : userEvents >= MAX_USER_EVENTS;
    if (known === undefined && full) {
      lost += 1;
      return;
    }
    if (known === undefined && !record.fromKernel) userEvents += 1;
    const { variant: _, ...said } = message;
    const time = timeOf(record, reading);
    events.set(identity, {
      ...said,
      at: Math.max(time, known?.at ?? time),
      firstAt: Math.min(time, known?.firstAt ?? time),
      repeats: (known?.repeats ?? 0) + 1,
      fromKernel: record.fromKernel,
      text: text.slice(0, MAX_TEXT),
    });
  };

  const messageOf = (text: string): KernelMessage | undefined =>
    parseXid(text) ?? parseSxid(text) ?? parseAer(text) ?? parseMlx5(text) ?? parseOom(text);

  const addLine = (line: string, reading: Reading): void => {
    const record = isRelevant(line) ? parseKernelLine(line, reading.now) : undefined;
    if (record === undefined) return;
    const [first = '', ...more] = record.text.split('\n');
    const message = messageOf(first);
    if (message !== undefined) store(message, record, first, reading);
    // A sentence of the driver over several lines; nothing else may begin within a record.
    const fallen = fallenSaidBy[record.fromKernel ? 'kernel' : 'user'];
    for (const text of [first, ...more]) {
      const lostGpu = fallen.next(text);
      if (lostGpu !== undefined) store(lostGpu, record, record.text.replaceAll('\n', ' '), reading);
    }
  };

  return {
    add: (lines, reading) => {
      if (reading.lost !== undefined && reading.lost > 0) {
        lost += reading.lost;
        current = undefined;
      }
      if (since === undefined) {
        current = undefined;
        const oldest = lines.length === 0 ? undefined : parseKernelLine(lines[0] ?? '', reading.now);
        since = oldest === undefined ? reading.now : timeOf(oldest, reading);
      }
      for (const line of lines) addLine(line, reading);
    },
    value: () => {
      current ??= { events: [...events.values()], lost, since: since ?? 0 };
      return current;
    },
  };
};
