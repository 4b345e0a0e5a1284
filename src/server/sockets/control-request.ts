import * as v from 'valibot';
import type { ControlRequests, ControlVerb } from '../control-protocol.ts';

/** What people write ends in logs, events and on terminals: one line, nothing that a terminal obeys or that hides. */
const text = (maxLength: number) =>
  v.pipe(
    v.string('a text'),
    v.regex(/\S/, 'a text'),
    v.maxLength(maxLength, `at most ${maxLength} characters`),
    v.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'printable, on one line'),
  );

/** A year: who suppresses for longer switches the check off, which is what the configuration is for. */
const MAX_SUPPRESSION_SECONDS = 366 * 86_400;

const seconds = v.pipe(v.number('a number of seconds'), v.finite('a number of seconds'));

const component = text(128);
const check = text(128);
const owner = text(64);
const reason = text(500);
const fault = text(128);

type Schemas = { readonly [V in ControlVerb]: v.GenericSchema<unknown, ControlRequests[V]> };

const SCHEMAS: Schemas = {
  verdict: v.strictObject({
    max_age_seconds: v.exactOptional(v.pipe(seconds, v.minValue(0, 'at least 0'))),
    readings: v.exactOptional(v.boolean('true or false')),
  }),
  reload: v.strictObject({}),
  collect: v.strictObject({}),
  ack: v.pipe(
    v.strictObject({ component: v.exactOptional(component), check: v.exactOptional(check), owner, reason }),
    v.check(({ component, check }) => component !== undefined || check !== undefined, 'a component, a check or both'),
  ),
  suppress: v.strictObject({
    component: v.exactOptional(component),
    check,
    owner,
    reason,
    seconds: v.pipe(
      seconds,
      v.gtValue(0, 'above 0'),
      v.maxValue(MAX_SUPPRESSION_SECONDS, `at most ${MAX_SUPPRESSION_SECONDS}, a year`),
    ),
  }),
  unsuppress: v.strictObject({ component: v.exactOptional(component), check, owner }),
  inject: v.strictObject({ fault }),
  recover: v.strictObject({ fault }),
};

const VERBS = Object.keys(SCHEMAS) as readonly ControlVerb[];

const FIELDS: Readonly<Record<ControlVerb, string>> = {
  verdict: 'max_age_seconds (optional), readings (optional)',
  reload: 'no fields',
  collect: 'no fields',
  ack: 'component, check, owner, reason (component or check may be left out)',
  suppress: 'check, component (optional), owner, reason, seconds',
  unsuppress: 'check, component (optional), owner',
  inject: 'fault',
  recover: 'fault',
};

/** A request that can be handed to its handler, or what is allowed instead, as one line. */
export type ParsedRequest =
  | { readonly ok: true; readonly verb: ControlVerb; readonly request: ControlRequests[ControlVerb] }
  | { readonly ok: false; readonly error: string };

const refused = (error: string): ParsedRequest => ({ ok: false, error });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const json = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const problemOf = (issue: v.BaseIssue<unknown>): string => {
  const field = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  if (issue.type !== 'strict_object')
    return field === '' ? `needs ${issue.message}` : `${field} must be ${issue.message}`;
  return issue.expected === 'never' ? `it has no field ${JSON.stringify(field.slice(0, 40))}` : `${field} is missing`;
};

/** Reads one request line; everything that is not exactly a request is refused. */
export const parseRequest = (line: string): ParsedRequest => {
  const value = json(line);
  if (!isObject(value)) return refused('a request is one line of JSON: {"verb":"reload"}');
  const { verb: name, ...fields } = value;
  const verb = VERBS.find((known) => known === name);
  if (verb === undefined) return refused(`"verb" must be one of ${VERBS.join(', ')}`);
  const result = v.safeParse<Schemas[ControlVerb]>(SCHEMAS[verb], fields);
  if (result.success) return { ok: true, verb, request: result.output };
  return refused(`${verb}: ${problemOf(result.issues[0])}; it takes ${FIELDS[verb]}`);
};
