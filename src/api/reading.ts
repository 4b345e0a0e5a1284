/** Why a value is not there. What each reason makes of a judgement is decided in one place, `engine/absence.ts`. */
export type AbsenceReason =
  | 'unsupported'
  | 'deprecated'
  | 'no-device'
  | 'no-tool'
  | 'lost'
  | 'denied'
  | 'failed'
  | 'timeout'
  | 'hung'
  | 'stale'
  | 'no-history'
  | 'not-recorded';

export const ABSENCE_REASONS: readonly AbsenceReason[] = [
  'unsupported',
  'deprecated',
  'no-device',
  'no-tool',
  'lost',
  'denied',
  'failed',
  'timeout',
  'hung',
  'stale',
  'no-history',
  'not-recorded',
];

/** A stated absence: the reason for machines, the detail for people (what was asked, what was answered). */
export interface Absent {
  readonly ok: false;
  readonly reason: AbsenceReason;
  readonly detail: string;
}

export interface Known<T> {
  readonly ok: true;
  readonly value: T;
}

/** A value or a stated absence, at every leaf, so that one field of one GPU can be unknown alone. */
export type Reading<T> = Known<T> | Absent;

/** A source's answer as a whole, with the time at which the source was read (Unix ms). */
export type Fact<T> = Reading<T> & { readonly at: number; readonly source: string };

export const known = <T>(value: T): Known<T> => ({ ok: true, value });
export const absent = (reason: AbsenceReason, detail: string): Absent => ({ ok: false, reason, detail });

export type N = Reading<number>;
export type S = Reading<string>;
export type B = Reading<boolean>;
