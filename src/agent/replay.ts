import type { AnyCheck, Rule } from '../api.ts';
import { componentFrom, type EventRecord, lifetimeFrom } from '../engine/event.ts';
import { NO_FLAPS } from '../engine/flap-damping.ts';
import type { HeldFinding } from '../engine/held-finding.ts';

/**
 * The store is written before the state: an agent that was killed between the two finds there what its state does not
 * hold, and neither says it again nor forgets it. Events are those after the state, oldest first.
 */
export const replayed = (
  findings: readonly HeldFinding[],
  events: readonly EventRecord[],
  checks: readonly AnyCheck[],
): readonly HeldFinding[] => {
  const held = new Map(
    findings.map((one) => [keyOf(one.record.check, one.record.code, one.record.component.key), one]),
  );
  for (const event of events) {
    const { type, check, code, component } = event;
    if (check === undefined || code === undefined || component === undefined) continue;
    const key = keyOf(check, code, component.key);
    if (type === 'finding_cleared') held.delete(key);
    if (type !== 'finding_raised' && type !== 'finding_changed') continue;
    const raised = raisedBy(event, checks);
    if (raised !== undefined) held.set(key, raised);
  }
  return [...held.values()];
};

const keyOf = (check: string, code: string, component: string): string => `${check}|${code}|${component}`;

/** A finding that is known from its event alone; the next evaluation fills in the rest. */
const raisedBy = (event: EventRecord, checks: readonly AnyCheck[]): HeldFinding | undefined => {
  const { check, code, component, severity, action } = event;
  const rules = checks.find(({ id }) => id === check)?.rules as Readonly<Record<string, Rule>> | undefined;
  const rule = code === undefined ? undefined : rules?.[code];
  if (check === undefined || code === undefined || component === undefined || rule === undefined) return undefined;
  const firstSeen = Date.parse(event.first_seen ?? event.at);
  const lifetime = event.lifetime === undefined ? rule.lifetime : lifetimeFrom(event.lifetime);
  return {
    record: {
      check,
      code,
      title: rule.title,
      severity: severity ?? rule.severity,
      component: componentFrom(component),
      related: [],
      message: event.message,
      evidence: event.evidence ?? {},
      action: action ?? rule.action,
      lifetime,
      ...(rule.outlivesReboot === undefined ? {} : { outlivesReboot: rule.outlivesReboot }),
      ...(rule.lapsesAfterSeconds === undefined ? {} : { lapsesAfterSeconds: rule.lapsesAfterSeconds }),
      ...(lifetime === 'condition' ? {} : { at: firstSeen }),
    },
    firstSeen,
    lastSeen: Date.parse(event.at),
    recent: [true],
    passesInARow: 0,
    raised: true,
    flaps: NO_FLAPS,
  };
};
