import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { absent, type KernelRecords, type Reading } from '../api.ts';
import { type Clock, systemClock } from './clock.ts';
import { errorCode } from './errno.ts';
import { readAhead } from './kernel-log-ahead.ts';
import { readKernelDevice } from './kernel-log-device.ts';
import { readKernelFile } from './kernel-log-file.ts';
import type { OpenKernelLog } from './kernel-record.ts';

type Source = OpenKernelLog & { readonly fd: number; stop?(): void };

/** Reads on from where it stopped; it never blocks, and a flood cannot hold it longer than its bounds. */
export interface KernelLogReader {
  poll(): Reading<KernelRecords>;
  /** Goes on after this record, when nothing was read yet. */
  resume(fromSequence: number): void;
  /** Of the last record read, where the source numbers its records. */
  readonly lastSequence: number | undefined;
  close(): void;
}

export interface KernelLogOptions {
  /** The last record that was read earlier in this same boot; older ones are left out. */
  readonly fromSequence?: number;
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  readonly clock?: Clock;
  /** A regular file in the place of the device is refused: systemd lays an empty one over what it hides. */
  readonly deviceOnly?: boolean;
}

const openAbsence = (path: string, code: string): Reading<KernelRecords> => {
  switch (code) {
    case 'ENOENT':
      return absent('no-device', `${path}: not there`);
    case 'EACCES':
    case 'EPERM':
      return absent('denied', `${path}: ${code}; reading the kernel log needs CAP_SYSLOG`);
    // What systemd puts over a device that it hides has no driver (systemd.exec(5), ProtectKernelLogs).
    case 'ENXIO':
    case 'ENODEV':
      return absent('denied', `${path}: ${code}; hidden by ProtectKernelLogs?`);
    default:
      return absent('failed', `${path}: ${code}`);
  }
};

/**
 * The kernel log: the device, or a regular file of records, told apart by fstat. Never a stream: a blocking read of the
 * device cannot be cancelled and keeps Node from exiting.
 */
export const createKernelLogReader = (path: string, options: KernelLogOptions = {}): KernelLogReader => {
  const { maxRecords = 2000, maxBytes = 4 << 20, clock = systemClock, deviceOnly = false } = options;
  let lastSequence = options.fromSequence;
  let source: Source | undefined;

  const close = (): void => {
    if (source === undefined) return;
    source.stop?.();
    closeSync(source.fd);
    source = undefined;
  };

  const openSource = (): Source => {
    // Without O_NONBLOCK the open of a FIFO in its place would wait for a writer.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (stat.isCharacterDevice()) {
      return Object.assign(readAhead(readKernelDevice(fd, path, { lastSequence, maxRecords })), { fd });
    }
    if (!stat.isFile()) {
      closeSync(fd);
      throw new Error('neither a device nor a regular file');
    }
    return readKernelFile(fd, path, { lastSequence, maxBytes, maxRecords, clock });
  };

  return {
    poll: () => {
      try {
        if (deviceOnly && statSync(path).isFile()) {
          return absent('denied', `${path}: a regular file lies over the device; hidden by ProtectKernelLogs?`);
        }
        source ??= openSource();
        const records = source.poll();
        lastSequence = source.lastSequence ?? lastSequence;
        // Open again next time: what failed may have been replaced meanwhile.
        if (!records.ok) close();
        return records;
      } catch (error) {
        close();
        return openAbsence(path, errorCode(error));
      }
    },
    resume: (fromSequence) => {
      if (source === undefined) lastSequence = fromSequence;
    },
    get lastSequence() {
      return lastSequence;
    },
    close,
  };
};
