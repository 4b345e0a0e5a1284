import { matchesComponent } from '../derive/component-match.ts';
import { matchesGlob } from '../derive/glob.ts';
import { componentFrom, type EventRecord, type EventType } from './event.ts';

/** Which events somebody asks for: those that meet all of it, and of these the last `limit`. */
export interface EventQuery {
  /** Unix ms; events that happened then or later. */
  readonly sinceMs?: number;
  /** Unix ms; events that happened before. */
  readonly untilMs?: number;
  /** Events with a higher id. */
  readonly afterId?: number;
  readonly types?: readonly EventType[];
  /** A glob over check ids: `gpu/*`. */
  readonly check?: string;
  /** A name of the component as `muster suppress` takes it (`gpu3`, a UUID, a PCI address, `mlx5_2/1`), or its serial. */
  readonly component?: string;
  readonly limit: number;
}

const isAbout = ({ component }: EventRecord, text: string): boolean => {
  if (component === undefined) return false;
  return component.serial === text || matchesComponent(text, componentFrom(component));
};

/** Whether one event meets the query; `limit` is not for one event to meet. */
export const matchesQuery = (event: EventRecord, query: EventQuery): boolean => {
  const { sinceMs, untilMs, afterId, types, check, component } = query;
  const atMs = Date.parse(event.at);
  return (
    (sinceMs === undefined || atMs >= sinceMs) &&
    (untilMs === undefined || atMs < untilMs) &&
    (afterId === undefined || event.id > afterId) &&
    (types === undefined || types.includes(event.type)) &&
    (check === undefined || (event.check !== undefined && matchesGlob(check, event.check))) &&
    (component === undefined || isAbout(event, component))
  );
};

/** The last `limit` of the events that meet the query, in the order in which they came. */
export const selectEvents = (events: readonly EventRecord[], query: EventQuery): readonly EventRecord[] => {
  const matching = events.filter((event) => matchesQuery(event, query));
  return matching.slice(Math.max(0, matching.length - query.limit));
};
