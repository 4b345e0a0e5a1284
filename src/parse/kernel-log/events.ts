import type { KernelEvent, KernelLog } from '../../api.ts';
import { parseAer } from './aer.ts';
import { parseEdac } from './edac.ts';
import { createFallenOffBus } from './fallen-off-bus.ts';
import { parseFilesystem } from './filesystem.ts';
import { parseHungTask } from './hung-task.ts';
import { parseKernelBug } from './kernel-bug.ts';
import { parseLockup } from './lockup.ts';
import { createFirmwareErrors, parseMachineCheck } from './machine-check.ts';
import type { KernelMessage } from './message.ts';
import { parseMlx5 } from './mlx5.ts';
import { parseNetworkFilesystem } from './network-filesystem.ts';
import { parseNvme } from './nvme.ts';
import { parseOom } from './oom.ts';
import { parsePeermem } from './peermem.ts';
import { type KernelRecord, parseKernelLine } from './record.ts';
import { isRelevant } from './relevant.ts';
import { parseSegfault } from './segfault.ts';
import { parseSxid } from './sxid.ts';
import { parseXid } from './xid.ts';

export interface Reading {
  /** Unix ms. */
  readonly now: number;
  /** Unix ms; dates the records that count from boot. */
  readonly bootedAt?: number | undefined;
  /** When the log was last read to its end (Unix ms): a record that came since is no older. */
  readonly readToEndAt?: number | undefined;
  /** Records that the ring overwrote before they were read. */
  readonly lost?: number;
}

/** What the kernel log gains. */
export interface EventLog {
  add(lines: readonly string[], reading: Reading): void;
  /** What was added since the last call. */
  take(): KernelLog;
}

// Distinct events, not lines: repeats are counted. A healthy node has none, a node of 8 dying GPUs some dozens. What
// users wrote has its own, smaller share, so that it cannot take the place of what the kernel says.
const MAX_EVENTS = 10_000;
const MAX_USER_EVENTS = 100;
// The kernel's own limit is 1 KiB a line (LOG_LINE_MAX); a report needs the beginning.
const MAX_TEXT = 500;

const identityOf = ({ kind, component, code, causedBy, variant }: KernelMessage, fromKernel: boolean): string =>
  [fromKernel, kind, component.key, code, causedBy, variant].join('|');

/**
 * The kernel's clock runs free of NTP and stands still in a suspend (printk, local_clock), so that a time counted from
 * boot drifts by seconds to minutes: a record is no younger than its reader and no older than the reading before.
 */
const timeOf = ({ at, monotonicUs }: KernelRecord, { now, bootedAt, readToEndAt }: Reading): number => {
  if (at !== undefined) return Math.min(Math.round(at), now);
  if (monotonicUs === undefined || bootedAt === undefined) return now;
  return Math.min(Math.max(Math.round(bootedAt + monotonicUs / 1000), readToEndAt ?? 0), now);
};

const bounded = (fields: KernelEvent['fields']): KernelEvent['fields'] =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.slice(0, MAX_TEXT)]));

const messageOf = (text: string): KernelMessage | undefined =>
  parseXid(text) ??
  parseSxid(text) ??
  parseAer(text) ??
  parseMlx5(text) ??
  parseOom(text) ??
  parseHungTask(text) ??
  parseLockup(text) ??
  parseKernelBug(text) ??
  parseSegfault(text) ??
  parseNvme(text) ??
  parseFilesystem(text) ??
  parseNetworkFilesystem(text) ??
  parseEdac(text) ??
  parseMachineCheck(text) ??
  parsePeermem(text);

/** Folds lines into events: one for each thing that happened to a component, with its count and its latest words. */
export const createEventLog = (): EventLog => {
  const events = new Map<string, KernelEvent>();
  const fallenSaidBy = { kernel: createFallenOffBus(), user: createFallenOffBus() };
  const firmwareSaidBy = { kernel: createFirmwareErrors(), user: createFirmwareErrors() };
  let userEvents = 0;
  let lost = 0;
  let since: number | undefined;
  let sequence: number | undefined;

  const store = (message: KernelMessage, record: KernelRecord, text: string, reading: Reading): void => {
    const identity = identityOf(message, record.fromKernel);
    const known = events.get(identity);
    const full = record.fromKernel ? events.size - userEvents >= MAX_EVENTS : userEvents >= MAX_USER_EVENTS;
    if (known === undefined && full) {
      // What users wrote is nothing that was lost.
      if (record.fromKernel) lost += 1;
      return;
    }
    if (known === undefined && !record.fromKernel) userEvents += 1;
    const time = timeOf(record, reading);
    const { variant = '', ...said } = message;
    events.set(identity, {
      ...said,
      ...(variant === '' ? {} : { variant }),
      fields: bounded(message.fields),
      at: Math.max(time, known?.at ?? time),
      firstAt: Math.min(time, known?.firstAt ?? time),
      repeats: (known?.repeats ?? 0) + 1,
      fromKernel: record.fromKernel,
      text: text.slice(0, MAX_TEXT),
      ...(record.sequence === undefined ? {} : { sequence: record.sequence }),
    });
  };

  const addLine = (line: string, reading: Reading): void => {
    const record = isRelevant(line) ? parseKernelLine(line, reading.now) : undefined;
    if (record === undefined) return;
    const [first = '', ...more] = record.text.split('\n');
    const writer = record.fromKernel ? 'kernel' : 'user';
    const message = messageOf(first) ?? firmwareSaidBy[writer].next(first);
    if (message !== undefined) store(message, record, first, reading);
    // A sentence of the driver over several lines; nothing else may begin within a record.
    const fallen = fallenSaidBy[writer];
    // Other records may hold what a user chose: the kernel prints file names with their newlines (fs/exec.c).
    for (const text of first.startsWith('NVRM: ') ? [first, ...more] : [first]) {
      const lostGpu = fallen.next(text);
      if (lostGpu !== undefined) store(lostGpu, record, record.text.replaceAll('\n', ' '), reading);
    }
  };

  return {
    add: (lines, reading) => {
      lost += reading.lost ?? 0;
      if (since === undefined) {
        const oldest = lines.length === 0 ? undefined : parseKernelLine(lines[0] ?? '', reading.now);
        since = oldest === undefined ? reading.now : timeOf(oldest, reading);
      }
      for (const line of lines) addLine(line, reading);
      sequence = parseKernelLine(lines.at(-1) ?? '', reading.now)?.sequence ?? sequence;
    },
    take: () => {
      const gain = { events: [...events.values()], lost, since: since ?? 0 };
      const last = sequence;
      events.clear();
      userEvents = 0;
      lost = 0;
      since = undefined;
      sequence = undefined;
      return last === undefined ? gain : { ...gain, sequence: last };
    },
  };
};
