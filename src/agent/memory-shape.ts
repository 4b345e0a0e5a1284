import type { AgentMemory } from './memory.ts';

type Is = (value: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Is = (value) => typeof value === 'string';
const isNumber: Is = (value) => typeof value === 'number' && Number.isFinite(value);
const isFlag: Is = (value) => typeof value === 'boolean';

const optional =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value);
const listOf =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is);
const tableOf =
  (is: Is): Is =>
  (value) =>
    isObject(value) && Object.values(value).every(is);
const shaped =
  (shape: Readonly<Record<string, Is>>): Is =>
  (value) =>
    isObject(value) && Object.entries(shape).every(([name, is]) => is(value[name]));

const isComponent = shaped({ kind: isText, key: isText, pciBusId: optional(isText), uuid: optional(isText) });
const isLifetime: Is = (value) =>
  value === 'condition' || (isObject(value) && (isText(value.clearedBy) || isNumber(value.clearedAfterSeconds)));

const isFinding = shaped({
  record: shaped({
    check: isText,
    code: isText,
    title: isText,
    severity: isText,
    component: isComponent,
    related: listOf(isComponent),
    message: isText,
    evidence: isObject,
    action: shaped({ drain: isFlag, then: isText }),
    lifetime: isLifetime,
    lapsesAfterSeconds: optional(isNumber),
    at: optional(isNumber),
    firstSeen: optional(isNumber),
  }),
  firstSeen: isNumber,
  lastSeen: isNumber,
  recent: listOf(isFlag),
  passesInARow: isNumber,
  raised: isFlag,
  flaps: shaped({ penalty: isNumber, at: isNumber, damped: isFlag }),
});

const isSuppression = shaped({
  check: isText,
  component: optional(isText),
  owner: isText,
  reason: isText,
  from: isNumber,
  until: isNumber,
});

const isKernelEvent = shaped({
  at: isNumber,
  firstAt: isNumber,
  repeats: isNumber,
  kind: isText,
  fromKernel: isFlag,
  component: isComponent,
  fields: isObject,
  text: isText,
});

const isSample: Is = (value) => Array.isArray(value) && value.length === 2 && value.every(isNumber);

const isEngineMemory = shaped({
  bootId: isText,
  findings: listOf(isFinding),
  suppressions: listOf(isSuppression),
  gpus: listOf(isComponent),
  counters: tableOf(listOf(isSample)),
  kernel: shaped({
    events: listOf(isKernelEvent),
    lost: isNumber,
    lostAt: optional(isNumber),
    since: optional(isNumber),
    sequence: optional(isNumber),
  }),
  resetSigns: tableOf(tableOf(shaped({ value: isNumber, at: isNumber }))),
});

/** Whether a value is what this version writes, to its leaves. By hand: a schema library would cost a prolog 10 ms. */
export const isMemory = (value: unknown): value is AgentMemory =>
  shaped({ engine: isEngineMemory, lastEventId: isNumber })(value);
