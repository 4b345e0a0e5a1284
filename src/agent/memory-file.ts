import { join } from 'node:path';
import { type AnyCheck, absent, known, type Reading, type Rule } from '../api.ts';
import type { EngineMemory } from '../engine/engine.ts';
import type { EventRecord } from '../engine/event.ts';
import { NO_FLAPS } from '../engine/flap-damping.ts';
import type { HeldFinding } from '../engine/held-finding.ts';
import { readJsonFile } from '../store/json-file.ts';
import { componentFrom } from './recorder.ts';

const SCHEMA_VERSION = 1;

/** What the agent leaves for the next one: what the engine knows, and up to which event. */
export interface AgentMemory {
  readonly engine: EngineMemory;
  /** The last event that the engine's memory holds; what the store has beyond it is replayed. */
  readonly lastEventId: number;
}

export const toFile = (memory: AgentMemory): unknown => ({ schema_version: SCHEMA_VERSION, ...memory });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A file of another version, or one that is not ours, is no memory: the agent then begins anew. */
export const fromFile = (value: unknown): Reading<AgentMemory> => {
  if (!isObject(value) || value.schema_version !== SCHEMA_VERSION || !isObject(value.engine)) {
    return absent('not-recorded', 'the state file is not of this version');
  }
  const { bootId, findings, suppressions, gpus, counters, kernel } = value.engine;
  const isWhole =
    typeof bootId === 'string' &&
    [findings, suppressions, gpus].every(Array.isArray) &&
    isObject(counters) &&
    isObject(kernel) &&
    Number.isSafeInteger(value.lastEventId);
  return isWhole ? known(value as unknown as AgentMemory) : absent('not-recorded', 'the state file is not whole');
};

/** The file of the agent's memory in its state directory. */
export const memoryFile = (stateDir: string): string => join(stateDir, 'state.json');

/** What an agent of this node knows or knew, for a run without one: what was acknowledged, suppressed, overwritten. */
export const loadMemory = (stateDir: string): EngineMemory | undefined => {
  const read = readJsonFile(memoryFile(stateDir));
  const memory = read.ok ? fromFile(read.value) : read;
  return memory.ok ? memory.value.engine : undefined;
};

/**
 * The store is written before the state: an agent that was killed between the two finds there what its state does not
 * hold, and neither says it again nor forgets it.
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
    const { check, code, component } = event;
    if (check === undefined || code === undefined || component === undefined) continue;
    const key = keyOf(check, code, component.key);
    if (event.type === 'finding_cleared') held.delete(key);
    else if (event.type === 'finding_raised') {
      const raised = raisedBy(event, checks);
      if (raised !== undefined) held.set(key, raised);
    }
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
      lifetime: rule.lifetime,
      ...(rule.lifetime === 'condition' ? {} : { at: firstSeen }),
    },
    firstSeen,
    lastSeen: Date.parse(event.at),
    recent: [true],
    passesInARow: 0,
    raised: true,
    flaps: NO_FLAPS,
  };
};
