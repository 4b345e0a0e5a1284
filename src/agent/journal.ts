import type { Logger } from 'pino';
import type { EventRecord } from '../engine/event.ts';
import type { SourceStatus } from '../engine/snapshot.ts';

export interface Journal {
  /** A line for each event. */
  tell(event: EventRecord): void;
  /** A line for each source that begins or ceases to answer. */
  sources(statuses: readonly SourceStatus[]): void;
}

const GOOD_NEWS: readonly EventRecord['type'][] = ['finding_cleared', 'events_durable', 'sources_restored'];

/** The journal is the history that a person reads first: what the event store holds, and the sources. */
export const createJournal = (log: Logger): Journal => {
  const saidOfSource = new Map<string, string>();
  return {
    tell: ({ type, severity, message, check, code, component, reason, owner }) => {
      const about = {
        event: type,
        ...(severity === undefined ? {} : { severity }),
        ...(check === undefined ? {} : { check }),
        ...(code === undefined ? {} : { code }),
        ...(component === undefined ? {} : { component: component.key }),
        ...(reason === undefined ? {} : { reason }),
        ...(owner === undefined ? {} : { owner }),
      };
      if (GOOD_NEWS.includes(type)) log.info(about, message);
      else if (severity === 'CRITICAL') log.error(about, message);
      else if (severity === 'WARNING') log.warn(about, message);
      else log.info(about, message);
    },
    sources: (statuses) => {
      for (const { source, up, detail } of statuses) {
        // A source that fails otherwise than before is news too.
        const state = up ? 'up' : (detail ?? 'down');
        const previous = saidOfSource.get(source);
        if (previous === state || (previous === undefined && up)) continue;
        saidOfSource.set(source, state);
        if (up) log.info({ source }, 'the source answers again');
        else if (previous === undefined || previous === 'up')
          log.warn({ source }, detail ?? 'the source does not answer');
      }
    },
  };
};
