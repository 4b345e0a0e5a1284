import { describe, expect, it } from 'vitest';
import type { EventQuery } from '../../src/engine/event-query.ts';
import { startServer } from '../../src/server/http.ts';
import { eventAt } from '../store/events.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const EVENTS = [{ id: 7, ...eventAt(0) }];

/** Asks a real server; answers with what it said and what it asked its source. */
const ask = async (search: string): Promise<{ status: number; body: unknown; asked: readonly EventQuery[] }> => {
  const asked: EventQuery[] = [];
  const server = await startServer({
    listen: '127.0.0.1:0',
    version: '0.1.0',
    snapshot: () => undefined,
    verdict: () => undefined,
    metrics: async () => '',
    events: async (query) => {
      asked.push(query);
      return EVENTS;
    },
    healthy: () => true,
    log: () => undefined,
    now: () => NOW,
  });
  try {
    const response = await fetch(`http://${server.address}/api/v1/events${search}`);
    return { status: response.status, body: await response.json(), asked };
  } finally {
    await server.close();
  }
};

describe('/api/v1/events', () => {
  it.each<[string, EventQuery]>([
    ['', { limit: 100 }],
    ['?', { limit: 100 }],
    ['?limit=1000', { limit: 1000 }],
    ['?since=2h&limit=5', { limit: 5, sinceMs: NOW - 7_200_000 }],
    ['?since=2026-06-01T10:00:00%2B00:00', { limit: 100, sinceMs: NOW - 7_200_000 }],
    ['?type=gpu_reset&type=kernel_event', { limit: 100, types: ['gpu_reset', 'kernel_event'] }],
    ['?check=gpu/*&component=GPU%203', { limit: 100, check: 'gpu/*', component: 'GPU 3' }],
  ])('%s', async (search, query) => {
    expect(await ask(search)).toEqual({
      status: 200,
      body: { schema_version: 1, events: EVENTS },
      asked: [query],
    });
  });

  it.each([
    ['?limit=1001', 'limit 1001: write a number from 1 to 1000'],
    ['?since=yesterday', /^since yesterday: write/],
    ['?type=oops', /^type oops: there is no such event/],
    ['?sincee=2h', 'sincee: there is no such parameter; there are since, check, component, limit and type'],
    ['?limit=1&limit=2', 'limit: may be given once only'],
    ['?check=', /^check: write/],
    ['?__proto__=1', /^__proto__: there is no such parameter/],
  ])('%s is 400 with one line, and nothing is asked', async (search, error) => {
    expect(await ask(search)).toEqual({
      status: 400,
      body: { error: error instanceof RegExp ? expect.stringMatching(error) : error },
      asked: [],
    });
  });
});
