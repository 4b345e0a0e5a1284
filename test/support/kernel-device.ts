import { readFileSync, writeFileSync } from 'node:fs';
import { createKernelLogReader } from '../../src/host/kernel-log.ts';

export const KMSG = '/dev/kmsg';
const RATE_LIMIT = '/proc/sys/kernel/printk_devkmsg';

/** Why `/dev/kmsg` cannot be written and read here; undefined where it can. */
export const noKernelDevice = ((): string | undefined => {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const reader = createKernelLogReader(KMSG);
  const records = reader.poll();
  reader.close();
  return records.ok ? undefined : records.detail;
})();

/** Writes one record each, in the name of a user: only the kernel itself can write with facility 0. */
export const writeKernel = (...texts: readonly string[]): void => {
  for (const text of texts) writeFileSync(KMSG, `<4>${text}\n`);
};

/** The kernel lets a writer write ten lines in five seconds, unless told otherwise; it is told what it was told before. */
export const withoutRateLimit = async <T>(work: () => Promise<T>): Promise<T> => {
  const before = readFileSync(RATE_LIMIT, 'utf8');
  writeFileSync(RATE_LIMIT, 'on\n');
  try {
    return await work();
  } finally {
    writeFileSync(RATE_LIMIT, before);
  }
};
