import { secondsOf, timeOf } from '../duration.ts';
import { EVENT_TYPES, type EventType } from '../engine/event.ts';
import type { EventQuery } from '../engine/event-query.ts';

/** A query as people write it, on the command line and in an address. */
export interface EventQueryWords {
  /** `30m`, `2h`, `7d` ago, or an RFC 3339 time. */
  readonly since?: string;
  readonly type?: readonly string[];
  readonly check?: string;
  readonly component?: string;
  readonly limit?: string;
}

export type ParsedEventQuery =
  | { readonly ok: true; readonly query: EventQuery }
  | { readonly ok: false; readonly error: string };

const DURATION = /^[0-9]{1,6}(s|m|h|d)$/;
/** No check id is half as long. */
const MAX_GLOB_LENGTH = 64;

const sinceMsOf = (text: string, nowMs: number): number =>
  DURATION.test(text) ? nowMs - secondsOf(text) * 1000 : timeOf(text);

const isType = (text: string): text is EventType => (EVENT_TYPES as readonly string[]).includes(text);

const bad = (error: string): ParsedEventQuery => ({ ok: false, error });

/** Understands the words of a query, or says on one line which is wrong and what to write. */
export const parseEventQuery = (
  words: EventQueryWords,
  o: { readonly nowMs: number; readonly defaultLimit: number; readonly maxLimit: number },
): ParsedEventQuery => {
  const { since, type, check, component, limit } = words;
  const sinceMs = since === undefined ? undefined : sinceMsOf(since, o.nowMs);
  if (Number.isNaN(sinceMs)) return bad(`since ${since}: write for example 30m, 2h, 7d or 2025-06-01T12:00:00Z`);
  const unknown = type?.find((one) => !isType(one));
  if (unknown !== undefined) return bad(`type ${unknown}: there is no such event; types are ${EVENT_TYPES.join(', ')}`);
  if (check !== undefined && (check === '' || check.length > MAX_GLOB_LENGTH))
    return bad(`check: write an id or a pattern of at most ${MAX_GLOB_LENGTH} characters, for example gpu/*`);
  const count = limit === undefined ? o.defaultLimit : /^[0-9]{1,9}$/.test(limit) ? Number(limit) : Number.NaN;
  if (!(count >= 1 && count <= o.maxLimit)) return bad(`limit ${limit}: write a number from 1 to ${o.maxLimit}`);
  return {
    ok: true,
    query: {
      limit: count,
      ...(sinceMs === undefined ? {} : { sinceMs }),
      ...(type === undefined ? {} : { types: type.filter(isType) }),
      // One star means what several do, and costs the matcher less.
      ...(check === undefined ? {} : { check: check.replaceAll(/\*+/g, '*') }),
      ...(component === undefined ? {} : { component }),
    },
  };
};
