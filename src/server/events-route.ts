import type { EventRecord } from '../engine/event.ts';
import type { EventQuery } from '../engine/event-query.ts';
import { eventsReport } from '../report/events.ts';
import { type EventQueryWords, parseEventQuery } from '../report/events-query.ts';
import { type Answer, jsonAnswer } from './respond.ts';

const LIMITS = { defaultLimit: 100, maxLimit: 1000 } as const;

const SINGLE = ['since', 'check', 'component', 'limit'];

/** What cannot be understood is refused: an answer to another question than the one asked would be believed. */
const oddParameter = (parameters: URLSearchParams): string | undefined => {
  for (const name of new Set(parameters.keys())) {
    if (name === 'type') continue;
    if (!SINGLE.includes(name)) return `${name}: there is no such parameter; there are ${SINGLE.join(', ')} and type`;
    if (parameters.getAll(name).length > 1) return `${name}: may be given once only`;
  }
  return undefined;
};

const wordsOf = (parameters: URLSearchParams): EventQueryWords => ({
  ...Object.fromEntries([...parameters].filter(([name]) => name !== 'type')),
  ...(parameters.has('type') ? { type: parameters.getAll('type') } : {}),
});

/** `/api/v1/events?since=2h&type=finding_raised&check=gpu/*&component=gpu3&limit=10`; 400 with one line if not so. */
export const eventsAnswer = async (
  parameters: URLSearchParams,
  events: (query: EventQuery) => Promise<readonly EventRecord[]>,
  nowMs: number,
): Promise<Answer> => {
  const odd = oddParameter(parameters);
  if (odd !== undefined) return jsonAnswer(400, { error: odd });
  const parsed = parseEventQuery(wordsOf(parameters), { ...LIMITS, nowMs });
  return parsed.ok
    ? jsonAnswer(200, eventsReport(await events(parsed.query)))
    : jsonAnswer(400, { error: parsed.error });
};
