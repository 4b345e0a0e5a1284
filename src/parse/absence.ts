import { type AbsenceReason, type Absent, absent } from '../api.ts';

/**
 * The words that NVIDIA's tools print where a value should be, lower case and without brackets (nvmlErrorString in
 * NVIDIA nvml.h; real captures of drivers 418 to 610). They differ in what a check may conclude, so they are kept apart.
 */
const REASONS: Readonly<Record<string, AbsenceReason>> = {
  'n/a': 'unsupported',
  'n/a (no pma)': 'unsupported',
  'not supported': 'unsupported',
  'not available': 'unsupported',
  'requested functionality has been deprecated': 'deprecated',
  'insufficient permissions': 'denied',
  'gpu is lost': 'lost',
  'gpu requires reset': 'lost',
  'unknown error': 'failed',
  'err!': 'failed',
  error: 'failed',
  'function not found': 'failed',
  'not found': 'failed',
  timeout: 'timeout',
  'in use': 'failed',
  'internal error': 'failed',
  uninitialized: 'failed',
};

/** The absence that a tool's word states, or undefined where the text may be a value. Empty text is no value either. */
export const absenceOf = (text: string): Absent | undefined => {
  const printed = text.trim();
  if (printed === '') return absent('failed', 'empty');
  const bare = printed.startsWith('[') && printed.endsWith(']') ? printed.slice(1, -1).trim() : printed;
  const key = bare.toLowerCase();
  return Object.hasOwn(REASONS, key) ? absent(REASONS[key] ?? 'failed', printed) : undefined;
};
