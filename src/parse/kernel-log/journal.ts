import type { KernelRecord } from './record.ts';

const wholeNumber = (value: unknown): number | undefined =>
  typeof value === 'string' && /^\d{1,19}$/.test(value) ? Number(value) : undefined;

const objectOf = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

const isByte = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256;

/** A text with a byte that cannot be printed, perhaps in the name of a process, is an array of its bytes (systemd, JOURNAL_EXPORT_FORMATS). */
const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every(isByte) ? Buffer.from(value).toString('utf8') : undefined;
};

/** A line of `journalctl -o json`; fields as in systemd.journal-fields(7). */
export const parseJournalEntry = (line: string): KernelRecord | undefined => {
  const entry = objectOf(line);
  const message = textOf(entry?.MESSAGE);
  if (entry === undefined || message === undefined) return undefined;
  const facility = wholeNumber(entry.SYSLOG_FACILITY);
  const priority = wholeNumber(entry.PRIORITY);
  const wallUs = wholeNumber(entry.__REALTIME_TIMESTAMP);
  const monotonicUs = wholeNumber(entry._SOURCE_MONOTONIC_TIMESTAMP);
  const identifier = entry.SYSLOG_IDENTIFIER;
  // journald takes what looks like `ident: ` off messages that a user wrote to /dev/kmsg, `NVRM: ` too; facility 0 stays
  // whole under the identifier `kernel` (systemd, journald-kmsg.c; seen with systemd 252).
  const named = typeof identifier === 'string' && identifier !== 'kernel';
  return {
    ...(wallUs === undefined ? {} : { at: wallUs / 1000 }),
    ...(monotonicUs === undefined ? {} : { monotonicUs }),
    ...(facility === undefined ? {} : { facility }),
    ...(priority === undefined ? {} : { priority }),
    fromKernel: entry._TRANSPORT === 'kernel' && (facility ?? 0) === 0 && !named,
    text: named ? `${identifier}: ${message}` : message,
  };
};
