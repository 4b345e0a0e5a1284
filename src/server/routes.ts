import type { EventRecord } from '../engine/event.ts';
import type { EventQuery } from '../engine/event-query.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { METRICS_CONTENT_TYPE } from '../metrics/render.ts';
import type { VerdictReport } from '../report/verdict-report.ts';
import { bodyOf } from './body.ts';
import { eventsAnswer } from './events-route.ts';
import { oncePerSnapshot } from './once-per-snapshot.ts';
import { nodePage } from './page.ts';
import { type Answer, jsonAnswer, textAnswer } from './respond.ts';

/** What the server shows; it asks and never changes anything. */
export interface Sources {
  readonly snapshot: () => Snapshot | undefined;
  readonly verdict: () => VerdictReport | undefined;
  readonly metrics: () => Promise<string>;
  /** The events that meet the query, oldest first. */
  readonly events: (query: EventQuery) => Promise<readonly EventRecord[]>;
  /** Whether the agent itself works; never whether the GPUs do. */
  readonly healthy: () => boolean;
  /** Unix ms. */
  readonly now: () => number;
}

type Route = (parameters: URLSearchParams) => Answer | Promise<Answer>;

/** Open to everybody: an orchestrator that lacks a password must not restart a healthy agent. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/-/healthy', '/healthz', '/livez', '/-/ready', '/readyz']);

const NOT_YET = 'not ready: nothing has been evaluated yet, ask again in a moment';

/** The answers by path, matched exactly. */
export const routesOf = ({ snapshot, verdict, metrics, events, healthy, now }: Sources): ReadonlyMap<string, Route> => {
  const rendered = oncePerSnapshot(async () => bodyOf(await metrics()));

  const metricsRoute: Route = async () => {
    const current = snapshot();
    if (current === undefined) return textAnswer(503, NOT_YET);
    return { status: 200, contentType: METRICS_CONTENT_TYPE, body: await rendered(current) };
  };
  const statusRoute: Route = () => {
    const current = verdict();
    return current === undefined ? jsonAnswer(503, { error: NOT_YET }) : jsonAnswer(200, current);
  };
  const pageRoute: Route = () => {
    const current = snapshot();
    const judged = verdict();
    if (current === undefined || judged === undefined) return textAnswer(503, NOT_YET);
    return { status: 200, contentType: 'text/html; charset=utf-8', body: bodyOf(nodePage(current, judged, now())) };
  };
  const alive: Route = () =>
    healthy() ? textAnswer(200, 'healthy') : textAnswer(503, 'the agent has stopped evaluating');
  const ready: Route = () => (snapshot() === undefined ? textAnswer(503, NOT_YET) : textAnswer(200, 'ready'));

  return new Map<string, Route>([
    ['/', pageRoute],
    ['/metrics', metricsRoute],
    ['/api/v1/status', statusRoute],
    ['/api/v1/events', (parameters) => eventsAnswer(parameters, events, now())],
    ['/-/healthy', alive],
    ['/healthz', alive],
    ['/livez', alive],
    ['/-/ready', ready],
    ['/readyz', ready],
  ]);
};
