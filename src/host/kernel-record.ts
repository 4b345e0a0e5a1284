import type { KernelRecords, Reading } from '../api.ts';

/** What a source of kernel records offers once it is open. */
export interface OpenKernelLog {
  poll(): Reading<KernelRecords>;
  readonly lastSequence: number | undefined;
}

/** The sequence number of a `/dev/kmsg` record, `prio,seq,usec,flags;text` (docs.kernel.org, ABI/testing/dev-kmsg). */
export const sequenceOf = (record: string): number | undefined => {
  const digits = /^\d+,(\d+),\d+,[^;]*;/.exec(record)?.[1];
  return digits === undefined ? undefined : Number(digits);
};
