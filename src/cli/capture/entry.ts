import type { Absent, Expected, N, Reading } from '../../api.ts';

type Value = string | number | readonly string[];

/** A line of the file: a value under its key, or why there is none. */
export type Entry =
  | { readonly key: string; readonly value: Value; readonly remark?: string }
  | { readonly key: string; readonly leftOut: string };

/** What one part shows. */
export interface Shown {
  readonly who: string;
  readonly reading: N;
}

/** What a captured number is held against. */
interface Norm {
  /** What the profile in force says of it. */
  readonly expected?: Expected<number>;
  /** Less than the maker specifies is a fault here, and no variant. */
  readonly strict?: boolean;
}

/** Takes down what somebody should know before trusting the file. */
export type Warn = (text: string) => void;

export const leftOut = (key: string, why: string): Entry => ({ key, leftOut: why });

export const unread = (key: string, { detail }: Absent): Entry => leftOut(key, `not read: ${detail}`);

export const entryOf = (key: string, reading: Reading<Value>): Entry =>
  reading.ok ? { key, value: reading.value } : unread(key, reading);

/** The value that most parts should have: the best of them. Which fall short of it is said, and no norm. */
export const bestOf = (
  key: string,
  shown: readonly Shown[],
  warn: Warn,
  { expected, strict = false }: Norm = {},
): Entry => {
  const known = shown.flatMap(({ who, reading }) => (reading.ok ? [{ who, value: reading.value }] : []));
  if (known.length === 0) {
    const silent = shown.find(({ reading }) => !reading.ok)?.reading;
    return silent === undefined || silent.ok ? leftOut(key, 'there is no such part') : unread(key, silent);
  }
  const best = Math.max(...known.map(({ value }) => value));
  const remarks: string[] = [];
  const lower = known.filter(({ value }) => value < best);
  if (lower.length > 0) {
    remarks.push(`${lower.map(({ who, value }) => `${who} has ${value}`).join(', ')}: not taken for the norm`);
  }
  if (expected?.ok === true && best < expected.value) {
    const says = `${expected.value} is expected (${expected.confidence}; ${expected.source})`;
    if (strict && expected.confidence !== 'assumed') {
      warn(`${key} is left out: the machine shows ${best}, ${says}`);
      return leftOut(key, `the machine shows ${best}, ${says}`);
    }
    remarks.push(says);
  }
  if (remarks.length === 0) return { key, value: best };
  const remark = remarks.join('; ');
  warn(`${key} is ${best}; ${remark}`);
  return { key, value: best, remark };
};
