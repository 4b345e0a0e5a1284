import type { Logger } from 'pino';
import type { EventRecord } from '../engine/event.ts';

export interface Journal {
  /** A line for each event. */
  tell(event: EventRecord): void;
}

const GOOD_NEWS: readonly EventRecord['type'][] = [
  'finding_cleared',
  'events_durable',
  'sources_restored',
  'source_recovered',
];

/** The journal is the history that a person reads first: what the event store holds, a line each. */
export const createJournal = (log: Logger): Journal => {
  return {
    tell: ({ type, severity, message, check, code, component, reason, owner }) => {
      const about = {
        event: type,
        ...(severity === undefined ? {} : { severity }),
        ...(check === undefined ? {} : { check }),
        ...(code === undefined ? {} : { code }),
        ...(component === undefined ? {} : { component: component.key }),
        ...(reason === undefined || message.includes(reason) ? {} : { reason }),
        ...(owner === undefined ? {} : { owner }),
      };
      if (GOOD_NEWS.includes(type)) log.info(about, message);
      else if (severity === 'CRITICAL') log.error(about, message);
      else if (severity === 'WARNING') log.warn(about, message);
      else log.info(about, message);
    },
  };
};
