import type { AnyCheck, Component } from '../api.ts';
import { clearedBecause } from './cleared-because.ts';
import {
  cleared,
  type HeldFinding,
  hasLapsed,
  hit,
  isCleared,
  isEvent,
  isForgotten,
  miss,
  type Observation,
  outlivesReboot,
} from './held-finding.ts';
import type { CheckResult, FindingChange, FindingRecord } from './snapshot.ts';
import { worst } from './verdict.ts';

/**
 * The memory between evaluations. A condition is raised by N of M observations and dropped after enough passes in a
 * row, and only where its component was judged in full; an event is raised at once and stays as long as its check
 * reports it, which is until what its rule states.
 */
export interface Lifetimes {
  /** Takes one evaluation and returns it with the findings that are raised. */
  apply(check: AnyCheck, result: CheckResult, o: { readonly now: number; readonly bootedAt: number }): CheckResult;
  /** The present state with what is raised besides: for a validation, from which hysteresis hides nothing. */
  withRaised(result: CheckResult, now: number): CheckResult;
  /**
   * Lays findings to rest that somebody has dealt with: events, and conditions that are held without being judged. What
   * is there at this moment is not over because somebody says so: it comes back as `stillThere`.
   */
  acknowledge(
    isMeant: (record: FindingRecord) => boolean,
    o: { readonly now: number; readonly owner: string },
  ): { readonly acknowledged: readonly FindingRecord[]; readonly stillThere: readonly FindingRecord[] };
  /** Drops everything about a component that is there no more. */
  forget(componentKey: string, o: { readonly now: number; readonly reason: string }): void;
  /** Ends what checks found that are judged no more. */
  retire(checks: readonly string[], o: { readonly now: number; readonly reason: string }): void;
  /** What changed since the last call. */
  takeChanges(): readonly FindingChange[];
  /** The wall clock was stepped: every time that is remembered moves with it. */
  shift(deltaMs: number): void;
  save(): readonly HeldFinding[];
  /** After a reboot only what a reboot does not cure is kept; what is dropped is a change. */
  restore(held: readonly HeldFinding[], o: { readonly sameBoot: boolean; readonly now: number }): void;
}

const AT_ONCE = { hits: 1, of: 1, clear: 1 };

const keyOf = ({ check, code, component }: FindingRecord): string => `${check}|${code}|${component.key}`;

/** What is shown of a held finding. */
const shown = ({ record, firstSeen, lastSeen, flaps }: HeldFinding): FindingRecord => ({
  ...record,
  firstSeen,
  lastSeen,
  ...(flaps.damped
    ? {
        message: `${record.message} (comes and goes: held until it has been quiet for half an hour)`,
        evidence: { ...record.evidence, flapping: true },
      }
    : {}),
});

export const createLifetimes = (): Lifetimes => {
  const byCheck = new Map<string, Map<string, HeldFinding>>();
  const judgedAt = new Map<string, number>();
  /** What the last evaluation of each check found; the rest is held. */
  const presentBy = new Map<string, ReadonlySet<string>>();
  let changes: FindingChange[] = [];

  const heldBy = (check: string): Map<string, HeldFinding> => {
    let held = byCheck.get(check);
    if (held === undefined) {
      held = new Map();
      byCheck.set(check, held);
    }
    return held;
  };

  const note = (type: FindingChange['type'], held: HeldFinding, at: number, reason?: string): void => {
    changes.push({ type, at, finding: shown(held), ...(reason === undefined ? {} : { reason }) });
  };

  const noteHit = (before: HeldFinding | undefined, after: HeldFinding, now: number): void => {
    if (!after.raised) return;
    if (before?.raised !== true) note('finding_raised', after, now);
    else if (
      before.record.severity !== after.record.severity ||
      before.record.action.drain !== after.record.action.drain ||
      before.record.action.then !== after.record.action.then
    )
      note('finding_changed', after, now);
  };

  /** Findings of a check that is turned off or gone, or of a code that this version no longer has. */
  const drop = (held: Map<string, HeldFinding>, now: number, reason: string): void => {
    for (const one of held.values()) if (one.raised) note('finding_cleared', one, now, reason);
    held.clear();
  };

  const apply: Lifetimes['apply'] = (check, result, { now, bootedAt }) => {
    const held = heldBy(check.id);
    if (result.leftOut === true) {
      drop(
        held,
        now,
        result.mode === 'off' ? 'the check is turned off' : (result.reason ?? 'it no longer counts here'),
      );
      return result;
    }
    const raise = check.raise ?? AT_ONCE;
    const graceMs = (check.raise?.bootGraceSeconds ?? 0) * 1000;
    const inGrace = bootedAt > 0 && now < bootedAt + graceMs;
    const observation: Observation = {
      now,
      raise,
      isNew: check.raise === undefined || judgedAt.get(check.id) !== result.sampledAt,
      inGrace,
    };
    judgedAt.set(check.id, result.sampledAt);

    // Nothing that could be raised, kept or cleared, as of most checks most of the time.
    if (held.size === 0 && result.findings.length === 0) {
      presentBy.delete(check.id);
      return result;
    }
    adoptRenamed(held, result.findings);
    const present = new Set<string>();
    for (const finding of result.findings) {
      const key = keyOf(finding);
      const before = held.get(key);
      const after = hit(before, finding, observation);
      present.add(key);
      held.set(key, after);
      noteHit(before, after, now);
    }
    presentBy.set(check.id, present);

    const judged = new Set(result.judged.flatMap(namesOf));
    const open = openIn(result);
    const lapses = lapsesIn(result);
    for (const [key, before] of held) {
      if (present.has(key)) continue;
      const isJudged = judged.has(before.record.component.key) && !open(before.record.component);
      const after = isJudged ? miss(before, observation) : before;
      const isLapsed = !isJudged && lapses(before, now);
      const isOver = after.raised && (isLapsed || (isJudged && (isEvent(after.record) || isCleared(after, raise))));
      if (isOver) note('finding_cleared', after, now, clearedBecause(after, { now, bootedAt, raise, isJudged }));
      const kept = isOver || isLapsed ? cleared(after) : after;
      if (isForgotten(kept, now) || (isOver && isEvent(kept.record))) held.delete(key);
      else held.set(key, kept);
    }

    const raised = [...held.values()].filter((one) => one.raised).map(shown);
    if (raised.length === 0 && result.findings.length === 0) return result;
    const settling = inGrace && [...held.values()].some((one) => !one.raised && one.recent.includes(true));
    const until = new Date(bootedAt + graceMs).toISOString();
    return {
      ...result,
      findings: raised,
      severity: worst([
        result.besides,
        ...raised.map(({ severity }) => severity),
        ...(settling ? ['UNKNOWN' as const] : []),
      ]),
      ...(settling ? { reason: `the node has booted just now; what is there at ${until} counts` } : {}),
    };
  };

  return {
    apply,
    withRaised: (result, now) => {
      if (result.leftOut === true) return result;
      const held = heldBy(result.id);
      const present = new Set(result.findings.map(keyOf));
      const lapses = lapsesIn(result);
      const besides = [...held]
        .filter(([key, one]) => one.raised && !present.has(key) && !lapses(one, now))
        .map(([, one]) => shown(one));
      const findings = result.findings.map((finding) => {
        const known = held.get(keyOf(finding));
        return known?.raised === true ? { ...finding, firstSeen: known.firstSeen, lastSeen: known.lastSeen } : finding;
      });
      return {
        ...result,
        findings: [...findings, ...besides],
        severity: worst([result.severity, ...besides.map(({ severity }) => severity)]),
      };
    },
    acknowledge: (isMeant, { now, owner }) => {
      const acknowledged: FindingRecord[] = [];
      const stillThere: FindingRecord[] = [];
      for (const [check, held] of byCheck) {
        for (const [key, one] of held) {
          if (!one.raised || !isMeant(one.record)) continue;
          const isPresent = presentBy.get(check)?.has(key) === true && !isEvent(one.record);
          if (isPresent) stillThere.push(shown(one));
          else {
            acknowledged.push(shown(one));
            note('finding_cleared', one, now, `acknowledged by ${owner}`);
            held.delete(key);
          }
        }
      }
      return { acknowledged, stillThere };
    },
    forget: (componentKey, { now, reason }) => {
      for (const held of byCheck.values()) {
        for (const [key, one] of held) {
          if (one.record.component.key !== componentKey) continue;
          if (one.raised) note('finding_cleared', one, now, reason);
          held.delete(key);
        }
      }
    },
    retire: (gone, { now, reason }) => {
      for (const check of gone) {
        drop(heldBy(check), now, reason);
        byCheck.delete(check);
        presentBy.delete(check);
        judgedAt.delete(check);
      }
    },
    takeChanges: () => {
      const taken = changes;
      changes = [];
      return taken;
    },
    shift: (deltaMs) => {
      for (const held of byCheck.values()) for (const [key, one] of held) held.set(key, shifted(one, deltaMs));
      for (const [check, at] of judgedAt) judgedAt.set(check, at + deltaMs);
    },
    save: () => [...byCheck.values()].flatMap((held) => [...held.values()]),
    restore: (saved, { sameBoot, now }) => {
      for (const one of saved) {
        if (sameBoot || outlivesReboot(one)) heldBy(one.record.check).set(keyOf(one.record), one);
        else if (one.raised) note('finding_cleared', one, now, 'the node was rebooted');
      }
    },
  };
};

/**
 * The kernel names a GPU by its address before nvidia-smi has said who that is: under its own name it is no other
 * finding.
 */
const adoptRenamed = (held: Map<string, HeldFinding>, findings: readonly FindingRecord[]): void => {
  for (const finding of findings) {
    const { component, code } = finding;
    if (component.pciBusId === undefined || component.uuid === undefined || held.has(keyOf(finding))) continue;
    const unnamed = [...held].find(
      ([, { record }]) =>
        record.code === code && record.component.pciBusId === component.pciBusId && record.component.uuid === undefined,
    );
    if (unnamed === undefined) continue;
    held.delete(unnamed[0]);
    held.set(keyOf(finding), unnamed[1]);
  }
};

/** A GPU that was found missing before its UUID was known is the one that answers at its address now. */
const namesOf = ({ kind, key, pciBusId }: Component): readonly string[] =>
  kind === 'gpu' && pciBusId !== undefined ? [key, `gpu:${pciBusId}`] : [key];

/** Whether something about a component was left open that should have been judged. */
const openIn = (result: CheckResult): ((component: Component) => boolean) => {
  const keys = new Set(
    result.unjudged.filter(({ verdict }) => verdict === 'UNKNOWN').map(({ component }) => component.key),
  );
  return ({ key }) => keys.has(key);
};

/**
 * Whether a held finding is over because nobody judges it any more. What could not be looked at, the component or the whole
 * node, may still be there.
 */
const lapsesIn = (result: CheckResult): ((held: HeldFinding, now: number) => boolean) => {
  const open = openIn(result);
  const isNodeOpen = result.unjudged.some(
    ({ component, verdict }) => verdict === 'UNKNOWN' && component.kind === 'node',
  );
  return (held, now) => !isNodeOpen && !open(held.record.component) && hasLapsed(held, now);
};

const shifted = (held: HeldFinding, deltaMs: number): HeldFinding => {
  const { record } = held;
  return {
    ...held,
    record: {
      ...record,
      ...(record.at === undefined ? {} : { at: record.at + deltaMs }),
      ...(record.firstSeen === undefined ? {} : { firstSeen: record.firstSeen + deltaMs }),
    },
    firstSeen: held.firstSeen + deltaMs,
    lastSeen: held.lastSeen + deltaMs,
    flaps: held.flaps.at === 0 ? held.flaps : { ...held.flaps, at: held.flaps.at + deltaMs },
  };
};
