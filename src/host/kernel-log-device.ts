import { readSync } from 'node:fs';
import { absent, type KernelRecords, known, type Reading } from '../api.ts';
import { errorCode } from './errno.ts';
import { type OpenKernelLog, sequenceOf } from './kernel-record.ts';

interface DeviceOptions {
  readonly lastSequence: number | undefined;
  readonly maxRecords: number;
}

// One read gives one record, and EINVAL when the buffer is smaller than the record; the kernel's own limit is 8 KiB
// (PRINTK_MESSAGE_MAX is 2 KiB of text, escaped at up to four bytes each, with a header).
const BUFFER_BYTES = 8192 + 512;

type Step = { readonly record: string } | 'drained' | 'overwritten' | 'empty' | { readonly failed: string };

const readRecord = (fd: number, buffer: Buffer): Step => {
  try {
    const bytes = readSync(fd, buffer);
    if (bytes === 0) return 'empty';
    // The dictionary of the record follows on lines of its own; text with a newline is escaped by the kernel.
    return { record: buffer.toString('utf8', 0, bytes).split('\n', 1)[0] ?? '' };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EAGAIN') return 'drained';
    return code === 'EPIPE' ? 'overwritten' : { failed: code };
  }
};

/** `/dev/kmsg`, opened non-blocking: EAGAIN is the end, EPIPE says that the ring overtook us. */
export const readKernelDevice = (
  fd: number,
  path: string,
  { lastSequence: from, maxRecords }: DeviceOptions,
): OpenKernelLog => {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let lastSequence = from;
  /** Records that are at or before `from`; they are kept until it is sure that `from` is of this boot. */
  let before: string[] | undefined = from === undefined ? undefined : [];

  const poll = (): Reading<KernelRecords> => {
    const lines: string[] = [];
    let lost = 0;
    // Overwritten records cost a read too: under a flood the ring may overtake us again and again.
    for (let reads = 0; reads < maxRecords; reads += 1) {
      const step = readRecord(fd, buffer);
      if (step === 'overwritten') continue;
      if (step === 'empty')
        return absent('denied', `${path} opens but reads nothing; hidden by ProtectKernelLogs or by the container?`);
      if (step === 'drained') {
        // The whole ring is older than `from`: the number is of another boot.
        const newest = sequenceOf(before?.at(-1) ?? '');
        if (before !== undefined && newest !== undefined && from !== undefined && newest < from) {
          lines.push(...before);
          lastSequence = newest;
        }
        before = undefined;
        break;
      }
      if ('failed' in step) return absent('failed', `${path}: ${step.failed}`);
      const sequence = sequenceOf(step.record);
      if (sequence !== undefined && before !== undefined && from !== undefined && sequence <= from) {
        before.push(step.record);
        continue;
      }
      if (sequence !== undefined) {
        if (lastSequence !== undefined && sequence > lastSequence + 1) lost += sequence - lastSequence - 1;
        lastSequence = sequence;
        before = undefined;
      }
      lines.push(step.record);
    }
    return known({ lines, lost });
  };

  return {
    poll,
    get lastSequence() {
      return lastSequence;
    },
  };
};
