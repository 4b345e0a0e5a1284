import type { AnyCheck, Rule } from '../api.ts';

import type { CheckResult, FindingRecord } from './snapshot.ts';
import { worst } from './verdict.ts';

interface State {
  record: FindingRecord;
  readonly firstSeen: number;
  /** The last evaluations, newest last: was the finding there? */
  recent: boolean[];
  passesInARow: number;
  raised: boolean;
}

/**
 * The memory between evaluations. A condition is raised by N of M and dropped after enough passes in a row, and only
 * where its component was judged in full; an event is raised at once and stays as long as its check reports it.
 */
export interface Lifetimes {
  /** Takes one evaluation and returns it with the findings that are raised. */
  apply(check: AnyCheck, result: CheckResult): CheckResult;
}

const AT_ONCE = { hits: 1, of: 1, clear: 1 };

const keyOf = (finding: FindingRecord): string => `${finding.code}|${finding.component.key}`;

export const createLifetimes = (): Lifetimes => {
  const byCheck = new Map<string, Map<string, State>>();

  const statesOf = (id: string): Map<string, State> => {
    let states = byCheck.get(id);
    if (states === undefined) {
      states = new Map();
      byCheck.set(id, states);
    }
    return states;
  };

  const isEvent = (check: AnyCheck, finding: FindingRecord): boolean =>
    (check.rules[finding.code] as Rule | undefined)?.lifetime !== 'condition';

  return {
    apply: (check, result) => {
      const states = statesOf(check.id);
      const raise = check.raise ?? AT_ONCE;
      const seen = new Set<string>();

      for (const finding of result.findings) {
        const key = keyOf(finding);
        seen.add(key);
        const previous = states.get(key);
        const recent = [...(previous?.recent ?? []), true].slice(-raise.of);
        states.set(key, {
          record: finding,
          firstSeen: previous?.firstSeen ?? finding.firstSeen ?? result.ranAt,
          recent,
          passesInARow: 0,
          raised: previous?.raised === true || isEvent(check, finding) || recent.filter(Boolean).length >= raise.hits,
        });
      }

      const judged = new Set(result.judged.map(({ key }) => key));
      const unjudged = new Set(
        result.unjudged.filter(({ verdict }) => verdict === 'UNKNOWN').map(({ component }) => component.key),
      );
      for (const [key, state] of states) {
        if (seen.has(key)) continue;
        const { component } = state.record;
        if (!judged.has(component.key) || unjudged.has(component.key)) continue;
        state.recent = [...state.recent, false].slice(-raise.of);
        state.passesInARow += 1;
        const forgotten = !state.raised && !state.recent.includes(true);
        if (forgotten || state.passesInARow >= raise.clear || isEvent(check, state.record)) states.delete(key);
      }

      const findings = [...states.values()]
        .filter(({ raised }) => raised)
        .map(({ record, firstSeen }) => ({ ...record, firstSeen }));
      if (findings.length === 0 && result.findings.length === 0) return result;
      const severity = worst([
        ...findings.map((finding) => finding.severity),
        unjudged.size > 0 ? 'UNKNOWN' : result.judged.length > 0 ? 'PASS' : 'SKIPPED',
      ]);
      return { ...result, findings, severity };
    },
  };
};
