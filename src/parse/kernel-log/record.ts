import { stripVTControlCharacters } from 'node:util';
import { parseJournalEntry } from './journal.ts';
import { prefixOf } from './prefix.ts';

/** One line of the kernel log, from whichever tool wrote it. */
export interface KernelRecord {
  /** Unix ms, where the line carries wall-clock time. */
  readonly at?: number;
  readonly monotonicUs?: number;
  readonly sequence?: number;
  readonly facility?: number;
  readonly priority?: number;
  /** Facility 0, or a dialect that marks the kernel as the writer. */
  readonly fromKernel: boolean;
  readonly text: string;
}

// `6,3964,206764307,-;text`; newer kernels append `,caller=T123` (docs.kernel.org, ABI/testing/dev-kmsg).
const KMSG = /^(\d{1,10}),(\d{1,19}),(\d{1,19}),[^;]{0,64};/;

const ESCAPED = /(?:\\x[0-9a-f]{2})+/g;

/** `/dev/kmsg` escapes control bytes, backslashes and everything beyond ASCII. */
const unescaped = (text: string): string =>
  text.includes('\\x')
    ? text.replace(ESCAPED, (bytes) => Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString('utf8'))
    : text;

const deviceRecord = ([header, priority, sequence, monotonicUs]: RegExpExecArray, line: string): KernelRecord => {
  const facilityAndPriority = Number(priority);
  const facility = Math.floor(facilityAndPriority / 8);
  return {
    monotonicUs: Number(monotonicUs),
    sequence: Number(sequence),
    facility,
    priority: facilityAndPriority % 8,
    fromKernel: facility === 0,
    text: unescaped(line.slice(header.length)),
  };
};

// dmesg --color=always, and a file that begins with the mark of its byte order.
const withoutDress = (line: string): string =>
  line.includes('\u001b') || line.startsWith('\ufeff') ? stripVTControlCharacters(line).replace(/^\ufeff/, '') : line;

/**
 * Any dialect: `/dev/kmsg`, `dmesg` with its time formats and `-x`, journalctl's short forms and JSON, syslog files,
 * pstore, bare text. Undefined for lines that are no record of their own. `now` (Unix ms) dates stamps without a year.
 */
export const parseKernelLine = (line: string, now: number): KernelRecord | undefined => {
  // A record's dictionary follows it on lines of their own that begin with a space.
  if (line === '' || line.startsWith(' ')) return undefined;
  const device = KMSG.exec(line);
  if (device !== null) return deviceRecord(device, line);
  if (/^\{ ?"/.test(line)) return parseJournalEntry(line);
  const plain = withoutDress(line);
  const { length, writer, ...prefix } = prefixOf(plain, now);
  return { ...prefix, text: `${writer}${plain.slice(length)}` };
};
