import type { EventRecord } from '../../src/engine/event.ts';

/** Events that somebody has seen are there later, once each, as they were. */
export const lostEvents = (seen: readonly EventRecord[], later: readonly EventRecord[]): readonly string[] => {
  const byId = new Map(later.map((event) => [event.id, JSON.stringify(event)]));
  return [
    ...seen
      .filter((event) => byId.get(event.id) !== JSON.stringify(event))
      .map(({ id, type, message }) => `event ${id} is lost or another: ${type} ${message}`),
    ...(byId.size < later.length ? [`${later.length - byId.size} events are there more than once`] : []),
  ];
};
