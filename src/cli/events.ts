import { join } from 'node:path';
import { checks } from '../../checks/index.ts';
import { loadConfig } from '../config/load.ts';
import { matchesGlob } from '../derive/glob.ts';
import type { EventRecord } from '../engine/event.ts';
import type { EventQuery } from '../engine/event-query.ts';
import { configError, usageError } from '../errors.ts';
import { paletteFor } from '../report/colour.ts';
import { eventsJson, eventsText } from '../report/events.ts';
import { type EventQueryWords, parseEventQuery } from '../report/events-query.ts';
import { readEvents } from '../store/read-events.ts';

export interface EventsOptions extends EventQueryWords {
  readonly output: 'text' | 'json';
  readonly config?: string;
}

/** More than an event log of the default size holds. */
const MAX_LIMIT = 100_000;

const queryOf = (words: EventQueryWords): EventQuery => {
  const parsed = parseEventQuery(words, { nowMs: Date.now(), defaultLimit: 50, maxLimit: MAX_LIMIT });
  if (!parsed.ok) throw usageError(`--${parsed.error}`);
  const { check } = parsed.query;
  if (check !== undefined && !checks.some(({ id }) => matchesGlob(check, id)))
    throw usageError(`no check matches --check ${words.check}; muster checks lists them`);
  return parsed.query;
};

const print = (events: readonly EventRecord[], { output }: EventsOptions): void => {
  const text =
    output === 'json' ? eventsJson(events) : eventsText(events, paletteFor(process.env, process.stdout.isTTY === true));
  process.stdout.write(text);
};

const unfiltered = ({ since, type, check, component }: EventQueryWords): boolean =>
  since === undefined && type === undefined && check === undefined && component === undefined;

/** Prints what happened on this node, from the state directory; the agent need not run. */
export const events = async (options: EventsOptions): Promise<number> => {
  const query = queryOf(options);
  const { stateDir } = await loadConfig({
    env: process.env,
    checks,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const directory = join(stateDir, 'events');
  const read = await readEvents(directory, query);
  if (!read.ok && read.reason !== 'no-history')
    throw configError(`${read.detail}; read it as the user of the agent, or name its directory with MUSTER_STATE_DIR`);
  const found = read.ok ? read.value : [];
  print(found, options);
  if (found.length === 0 && options.output === 'text') {
    const why = !read.ok
      ? `${read.detail}: no agent has run with this state directory`
      : unfiltered(options)
        ? `${directory} holds none yet`
        : `none in ${directory} meets what was asked`;
    process.stderr.write(`muster: no events: ${why}\n`);
  }
  return 0;
};
