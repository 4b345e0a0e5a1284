import { checks } from '../../checks/index.ts';
import { createCollectors } from '../../src/collectors/index.ts';
import type { ChaosCase } from './chaos-case.ts';
import { ANSWER_LIMIT_MS, FORGIVEN_SCRAPES } from './lengths.ts';
import { isAnswered, type Scrape } from './scrapes.ts';

/** When the machine was broken and mended (Unix ms). */
export interface Marks {
  readonly brokenAt: number;
  readonly mendedAt: number;
}

/** Above it systemd begins to take memory back (MemoryHigh of deploy/systemd/muster.service). */
const RESIDENT_LIMIT_BYTES = 256 << 20;
/** Short enough for a case of some seconds, long enough for two cores that five cases share. */
export const INTERVAL_SECONDS = 5;
const INTERVALS_TO_RECOVER = 2;
/** A scrape sees what was so when it was answered, and the tool takes its time to answer. */
const SLACK_MS = ANSWER_LIMIT_MS;

/** Present from before each case to its end, whatever breaks. */
export const STANDING_FAULT = 'xid79@gpu3';
const STANDING_CHECK = 'gpu/xid-errors';
const STANDING_FINDING = /code="fatal-xid".*gpu="3"/;

const collectors = createCollectors({ inventoryCommand: { file: '', args: [] } });

/** Checks that see a fact of one of the sources. */
export const fedBy = (sources: readonly string[]): ReadonlySet<string> => {
  const facts = new Set<string>(collectors.filter(({ id }) => sources.includes(id)).flatMap((one) => one.provides));
  return new Set(
    checks
      .filter(({ requires, uses = [] }) => [...requires, ...uses].some((name) => facts.has(name)))
      .map(({ id }) => id),
  );
};

const clock = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** How long each scrape was kept waiting; while the agent stood still nothing was promised. */
export const waits = (
  scrapes: readonly Scrape[],
  { stopsAgent = false }: Pick<ChaosCase, 'stopsAgent'>,
  { brokenAt, mendedAt }: Marks,
): readonly { readonly scrape: Scrape; readonly ms: number }[] =>
  scrapes.flatMap((scrape) => {
    const endedAt = scrape.at + scrape.ms;
    if (!stopsAgent || endedAt < brokenAt || scrape.at > mendedAt) return [{ scrape, ms: scrape.ms }];
    return endedAt <= mendedAt || !isAnswered(scrape) ? [] : [{ scrape, ms: endedAt - mendedAt }];
  });

/** /metrics is answered in time, always. */
export const unanswered = (waited: ReturnType<typeof waits>, { brokenAt }: Marks): readonly string[] =>
  waited
    .filter(({ scrape, ms }) => !isAnswered(scrape) || ms > ANSWER_LIMIT_MS)
    .map(({ scrape, ms }) => `/metrics took ${clock(ms)} at ${clock(scrape.at - brokenAt)}: ${scrape.error ?? 'late'}`);

/** Checks that are UNKNOWN and were not before. */
export const blind = (scrape: Scrape, healthy: Scrape): readonly string[] =>
  Object.keys(scrape.states).filter(
    (check) => scrape.states[check] === 'unknown' && healthy.states[check] !== 'unknown',
  );

interface Wrong {
  readonly line: string;
  readonly isForgivable: boolean;
}

const wrongIn = ({ states, findings }: Scrape, healthy: Scrape, may: Allowed): readonly Wrong[] => {
  const changed = Object.keys(healthy.states)
    .map((check) => ({ check, was: healthy.states[check], is: states[check] ?? 'skipped' }))
    .filter(
      ({ check, was, is }) => was !== is && !(is === 'unknown' && may.beUnknown.has(check)) && !may.find.has(check),
    )
    .map(({ check, was, is }) => ({ line: `${check} is ${is} where it was ${was}`, isForgivable: is === 'unknown' }));
  const isKept = states[STANDING_CHECK] === 'critical' && findings.some((labels) => STANDING_FINDING.test(labels));
  return isKept ? changed : [...changed, { line: `${STANDING_FAULT} is forgotten`, isForgivable: false }];
};

interface Allowed {
  readonly beUnknown: ReadonlySet<string>;
  readonly find: ReadonlySet<string>;
}

/** Only what the broken sources feed may change, and what was wrong stays wrong. */
export const wronglyJudged = (one: ChaosCase, healthy: Scrape, scrapes: readonly Scrape[]): readonly string[] => {
  const may = { beUnknown: fedBy(one.breaks), find: new Set(one.finds ?? []) };
  const times = new Map<string, number>();
  for (const { line, isForgivable } of scrapes.filter(isAnswered).flatMap((scrape) => wrongIn(scrape, healthy, may)))
    times.set(line, (times.get(line) ?? (isForgivable ? -FORGIVEN_SCRAPES : 0)) + 1);
  return [...times].filter(([, count]) => count > 0).map(([line, count]) => `${line} (${count} scrapes)`);
};

/** What is blind sees again within two intervals. Answers with how many it took (0: nothing was blind). */
export const recovery = (
  { breaks, intervalSeconds = INTERVAL_SECONDS }: ChaosCase,
  healthy: Scrape,
  scrapes: readonly Scrape[],
  { mendedAt }: Marks,
): { readonly intervals: number; readonly problems: readonly string[] } => {
  const fed = fedBy(breaks);
  const blindIn = (scrape: Scrape): readonly string[] => blind(scrape, healthy).filter((check) => fed.has(check));
  const last = scrapes.findLast((scrape) => isAnswered(scrape) && scrape.at > mendedAt && blindIn(scrape).length > 0);
  if (last === undefined) return { intervals: 0, problems: [] };
  const afterMs = last.at + last.ms - mendedAt;
  const intervals = afterMs / (intervalSeconds * 1000);
  const isLate = afterMs > INTERVALS_TO_RECOVER * intervalSeconds * 1000 + SLACK_MS;
  const who = blindIn(last).join(', ');
  return { intervals, problems: isLate ? [`still UNKNOWN ${clock(afterMs)} after the mending: ${who}`] : [] };
};

export const tooLarge = (scrapes: readonly Scrape[]): readonly string[] => {
  const most = Math.max(...scrapes.map(({ residentBytes }) => residentBytes));
  return most > RESIDENT_LIMIT_BYTES ? [`the agent took ${Math.round(most / 1e6)} MB`] : [];
};
