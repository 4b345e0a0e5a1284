import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type AnswerSeries, readAnswer } from '../../parse/prometheus/answer.ts';
import { MINUTE_MS, type Minutes } from '../../parse/prometheus/minutes.ts';
import { type Access, endpointOf } from './endpoint.ts';
import { prometheusFailure } from './failure.ts';
import { post } from './post.ts';

/** Prometheus runs 20 queries at once by default (`--query.max-concurrency`), and others ask it too. */
export const REQUESTS_AT_A_TIME = 4;
/** Prometheus takes longer than this for no query of ours that it can answer (2,048 nodes: 0.2 s each). */
const LONGEST_REQUEST_MS = 20_000;
const LONGEST_RUN_MS = 60_000;

export interface Client {
  /** How the server is called in messages. */
  readonly name: string;
  /** The values at one moment; without one, at the server's own present. */
  readonly query: (promql: string, atMs?: number) => Promise<readonly AnswerSeries[]>;
  /** The values at each of these minutes. */
  readonly queryMinutes: (promql: string, minutes: Minutes) => Promise<readonly AnswerSeries[]>;
  /** What the server warned of so far: parts of it that did not answer, for instance. */
  readonly warnings: ReadonlySet<string>;
  /** Unix ms; by how much the server's clock is ahead of ours, once it has answered. */
  readonly aheadMs: () => number | undefined;
  readonly close: () => void;
}

const seconds = (ms: number): string => String(ms / 1000);

/** Asks the query API; every failure is one line, and all of it together ends with the deadline. */
export const prometheusClient = (access: Access & { readonly timeoutMs?: number }): Client => {
  const endpoint = endpointOf(access);
  const sockets = { keepAlive: true, maxSockets: REQUESTS_AT_A_TIME };
  const agent = endpoint.secure ? new HttpsAgent(sockets) : new HttpAgent(sockets);
  const runMs = access.timeoutMs ?? LONGEST_RUN_MS;
  const started = performance.now();
  const warnings = new Set<string>();
  let aheadMs: number | undefined;

  const ask = async (path: string, form: Readonly<Record<string, string>>): Promise<readonly AnswerSeries[]> => {
    const leftMs = Math.ceil(runMs - (performance.now() - started));
    if (leftMs <= 0)
      throw prometheusFailure(`${endpoint.name} did not answer everything within ${seconds(runMs)} s; ask for one job`);
    const posted = await post(endpoint, path, form, { agent, deadlineMs: Math.min(leftMs, LONGEST_REQUEST_MS) });
    if (posted.serverMs !== undefined) aheadMs ??= posted.serverMs - Date.now();
    const answer = readAnswer(posted.body);
    if (!answer.ok)
      throw prometheusFailure(
        answer.why === 'refused'
          ? `${endpoint.name} refuses the query: ${answer.message}`
          : `what ${endpoint.name} answers ${answer.message}; is it the query API of a Prometheus?`,
      );
    for (const warning of answer.warnings) warnings.add(warning);
    return answer.series;
  };

  return {
    name: endpoint.name,
    query: (query, atMs) => ask('/api/v1/query', { query, ...(atMs === undefined ? {} : { time: seconds(atMs) }) }),
    queryMinutes: (query, { startMs, count }) =>
      ask('/api/v1/query_range', {
        query,
        start: seconds(startMs),
        end: seconds(startMs + (count - 1) * MINUTE_MS),
        step: seconds(MINUTE_MS),
      }),
    warnings,
    aheadMs: () => aheadMs,
    close: () => agent.destroy(),
  };
};
