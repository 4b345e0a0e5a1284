import type { Lifetime } from '../api.ts';
import { calmed, type Flaps, flapped, NO_FLAPS } from './flap-damping.ts';
import type { FindingRecord } from './snapshot.ts';

/** What is remembered of one finding between evaluations, and over restarts: plain data. */
export interface HeldFinding {
  /** As it was last judged. */
  readonly record: FindingRecord;
  /** Unix ms. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The last observations, newest last: was it there? */
  readonly recent: readonly boolean[];
  readonly passesInARow: number;
  readonly raised: boolean;
  readonly flaps: Flaps;
}

/** How many observations raise and clear a condition. */
export interface Raise {
  readonly hits: number;
  readonly of: number;
  readonly clear: number;
}

export interface Observation {
  /** Unix ms. */
  readonly now: number;
  readonly raise: Raise;
  /** False where the same reading is judged once more. */
  readonly isNew: boolean;
  /** The node has booted just now: nothing of this check is raised yet. */
  readonly inGrace: boolean;
}

export const isEvent = ({ lifetime }: FindingRecord): boolean => lifetime !== 'condition';

/** The finding was there. An event is raised at once, a condition by enough of the last observations. */
export const hit = (held: HeldFinding | undefined, record: FindingRecord, o: Observation): HeldFinding => {
  const recent = o.isNew || held === undefined ? [...(held?.recent ?? []), true].slice(-o.raise.of) : held.recent;
  const wasRaised = held?.raised === true;
  const enough = recent.filter(Boolean).length >= o.raise.hits && !o.inGrace;
  const raised = wasRaised || isEvent(record) || enough;
  const flaps = held?.flaps ?? NO_FLAPS;
  const isGoingOn = wasRaised || held?.recent.includes(true) === true;
  return {
    record,
    firstSeen: isGoingOn ? held.firstSeen : (record.firstSeen ?? o.now),
    lastSeen: record.at ?? o.now,
    recent,
    passesInARow: 0,
    raised,
    flaps: !isEvent(record) && raised && hasComeBack(held, o) ? flapped(flaps, o.now) : flaps,
  };
};

/** Held by the damping alone it comes and goes all the same: only quiet ends it (RFC 2439, 4.4.3). */
const hasComeBack = (held: HeldFinding | undefined, { raise, isNew }: Observation): boolean =>
  held?.raised !== true || (isNew && held.passesInARow >= raise.clear);

/** The component was judged in full, and the finding was not there. */
export const miss = (held: HeldFinding, o: Observation): HeldFinding => {
  if (!o.isNew) return { ...held, flaps: calmed(held.flaps, o.now) };
  return {
    ...held,
    recent: [...held.recent, false].slice(-o.raise.of),
    passesInARow: held.passesInARow + 1,
    flaps: calmed(held.flaps, o.now),
  };
};

/** Whether a raised condition has been absent for long enough. */
export const isCleared = ({ passesInARow, flaps }: HeldFinding, { clear }: Raise): boolean =>
  passesInARow >= clear && !flaps.damped;

/** Not seen for as long as its rule lets it stand without being judged. */
export const hasLapsed = ({ record: { lapsesAfterSeconds }, lastSeen }: HeldFinding, now: number): boolean =>
  lapsesAfterSeconds !== undefined && now - lastSeen > lapsesAfterSeconds * 1000;

/** It is over; only how often it came back is still remembered. */
export const cleared = (held: HeldFinding): HeldFinding => ({ ...held, raised: false, recent: [], passesInARow: 0 });

/** Whether nothing about it is worth remembering; a finding that flapped lately is. */
export const isForgotten = ({ raised, recent, flaps }: HeldFinding, now: number): boolean =>
  !raised && !recent.includes(true) && now - flaps.at > FORGET_FLAPS_MS;

/** Four half-lives of the damping: what is left of a flap then is a sixteenth. */
const FORGET_FLAPS_MS = 60 * 60_000;

/** Cured by nothing but service: it outlives a reboot until the component is judged anew, or until `muster ack`. */
export const outlivesReboot = ({ record }: HeldFinding): boolean =>
  record.outlivesReboot === true || isServiceEvent(record.lifetime);

const isServiceEvent = (lifetime: Lifetime): boolean =>
  typeof lifetime === 'object' && 'clearedBy' in lifetime && lifetime.clearedBy === 'service';
