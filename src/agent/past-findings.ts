import type { Component, PastFinding, Severity } from '../api.ts';
import { componentFrom, type EventRecord } from '../engine/event.ts';
import type { FindingChange } from '../engine/snapshot.ts';
import type { EventLog } from '../store/event-log.ts';

/** What was wrong here in the last weeks, as straggler/repeat-offender counts it. */
export interface PastFindings {
  /** Takes what an evaluation changed. */
  note(changes: readonly FindingChange[]): void;
  /** Oldest first, the same array until something changed; nothing while the store is too young to tell. */
  value(): readonly PastFinding[] | undefined;
}

/** The window of straggler/repeat-offender is 28 days; a site may set it to as much as the store keeps. */
const DAYS_MS = 35 * 86_400_000;
/**
 * Repeating takes weeks. What happened in the first days has alarms of its own, and a pass after an hour would look as if
 * somebody had watched the node for a month.
 */
const YOUNGEST_MS = 3 * 86_400_000;
/** A node that reboots clears what it finds again minutes later: that was not over. */
const SAME_MS = 3_600_000;
/** The newest; far more than a node has that still runs jobs. */
const MAX_FINDINGS = 2000;
const MAX_EVENTS = 20_000;

interface Change {
  readonly type: 'finding_raised' | 'finding_changed' | 'finding_cleared';
  readonly at: number;
  readonly check: string;
  readonly code: string;
  readonly severity: Severity;
  readonly drain: boolean;
  readonly component: Component;
}

const changeOf = (event: EventRecord): readonly Change[] => {
  const { type, check, code, component, severity, action } = event;
  const at = Date.parse(event.at);
  if (type !== 'finding_raised' && type !== 'finding_changed' && type !== 'finding_cleared') return [];
  if (check === undefined || code === undefined || component === undefined || !Number.isFinite(at)) return [];
  const drain = action?.drain === true;
  return [{ type, at, check, code, severity: severity ?? 'WARNING', drain, component: componentFrom(component) }];
};

const RANK: Readonly<Record<Severity, number>> = { INFO: 0, WARNING: 1, CRITICAL: 2 };

/** Reads the store once, and goes on from what each evaluation changes. */
export const recallPastFindings = async (o: {
  readonly events: Pick<EventLog, 'query'>;
  readonly now: () => number;
}): Promise<PastFindings> => {
  const { events, now } = o;
  const startedAt = now();
  const sinceMs = startedAt - DAYS_MS;
  const types = ['finding_raised', 'finding_changed', 'finding_cleared', 'agent_started'] as const;
  const stored = await events.query({ types, sinceMs, limit: MAX_EVENTS });
  const older = await events.query({ untilMs: startedAt - YOUNGEST_MS, limit: 1 });
  const watchedSince = Math.min(
    startedAt,
    ...[...older, ...stored].map(({ at }) => Date.parse(at)).filter(Number.isFinite),
  );

  let findings: readonly PastFinding[] = [];

  const take = (change: Change): void => {
    const { type, at, check, code, component } = change;
    const isSame = (one: PastFinding): boolean =>
      one.check === check && one.code === code && one.component.key === component.key;
    const i = findings.findLastIndex(isSame);
    const last = findings[i];
    const goesOn = last !== undefined && (last.to === undefined || at - last.to < SAME_MS);
    if (type === 'finding_cleared') {
      if (last !== undefined && last.to === undefined) findings = findings.with(i, { ...last, to: at });
    } else if (goesOn) {
      const { to: _, ...open } = last;
      const worse = RANK[change.severity] > RANK[last.severity] ? change.severity : last.severity;
      findings = findings.with(i, { ...open, severity: worse, drain: last.drain || change.drain });
    } else {
      const { severity, drain } = change;
      findings = [...findings, { check, code, severity, drain, component, from: at }].slice(-MAX_FINDINGS);
    }
  };

  for (const change of stored.flatMap(changeOf)) take(change);

  return {
    note: (changes) => {
      for (const { type, at, finding } of changes) {
        const { check, code, severity, action, component } = finding;
        take({ type, at, check, code, severity, drain: action.drain, component });
      }
    },
    value: () => {
      const time = now();
      if (time - watchedSince < YOUNGEST_MS) return undefined;
      if (findings.some(({ from }) => from < time - DAYS_MS))
        findings = findings.filter(({ from }) => from >= time - DAYS_MS);
      return findings;
    },
  };
};
