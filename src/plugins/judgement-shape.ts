import * as v from 'valibot';
import { ABSENCE_REASONS, ACTIONS } from '../api.ts';

/** One sentence; NPD's 80 bytes are too few for a measured value with its limit. */
export const LONGEST_MESSAGE = 1024;
const LONGEST_TEXT = 256;
const MOST_EVIDENCE = 32;
export const MOST_JUDGEMENTS = 1024;

export const words = v.string('must be a text');
export const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `must be one of ${values.join(', ')}`);

/** A text of bounded length that says something. */
export const line = (longest: number) =>
  v.pipe(words, v.trim(), v.nonEmpty('is empty'), v.maxLength(longest, `is longer than ${longest} characters`));

const time = v.pipe(v.number('must be a time in Unix ms'), v.finite('must be a time in Unix ms'));

/** An object with these fields and no other. */
export const fields = <const T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, ({ expected, received }) => {
    if (expected === 'never') return 'is no field of this';
    return received === 'undefined' ? 'is missing' : 'must be an object';
  });

/** How bad, what to do, what ends it: as rules state it. */
export const severity = oneOf(['INFO', 'WARNING', 'CRITICAL']);
export const action = fields({
  drain: v.boolean('must be true or false'),
  then: oneOf(ACTIONS),
});
export const lifetime = v.union(
  [
    v.literal('condition'),
    fields({ clearedBy: oneOf(['gpu-reset', 'reboot', 'service']) }),
    fields({ clearedAfterSeconds: v.pipe(v.number(), v.minValue(1)) }),
  ],
  "must be 'condition', {clearedBy: 'gpu-reset' | 'reboot' | 'service'} or {clearedAfterSeconds: number}",
);

export const evidence = v.pipe(
  v.record(
    line(64),
    v.union(
      [v.pipe(words, v.maxLength(LONGEST_MESSAGE)), v.pipe(v.number(), v.finite()), v.boolean()],
      'must be a text, a number, true or false',
    ),
    'must be an object',
  ),
  v.check((one) => Object.keys(one).length <= MOST_EVIDENCE, `holds more than ${MOST_EVIDENCE} entries`),
);

const kind = oneOf(['gpu', 'nic', 'nvswitch', 'node']);
const index = v.pipe(v.number('must be a number'), v.integer('must be a whole number'), v.minValue(0));
const name = line(LONGEST_TEXT);

const component = fields({
  kind,
  key: name,
  node: v.optional(name),
  model: v.optional(name),
  index: v.optional(index),
  uuid: v.optional(name),
  pciBusId: v.optional(name),
  serial: v.optional(name),
  slot: v.optional(name),
  device: v.optional(name),
  port: v.optional(index),
  guid: v.optional(name),
});

/** What `judge` returns, as `src/api/check.ts` types it; under the codes that the check declares. */
export const judgementsShape = (codes: readonly string[]) => {
  const code = oneOf(codes);
  const finding = fields({
    component,
    related: v.optional(v.array(component, 'must be a list')),
    code,
    message: line(LONGEST_MESSAGE),
    observed: v.optional(name),
    expected: v.optional(name),
    evidence: v.optional(evidence),
    at: v.optional(time),
    firstAt: v.optional(time),
    override: v.optional(
      fields({ severity: v.optional(severity), action: v.optional(action), lifetime: v.optional(lifetime) }),
    ),
  });
  const because = fields({ ok: v.literal(false), reason: oneOf(ABSENCE_REASONS), detail: line(LONGEST_MESSAGE) });
  const judgement = v.lazy((value) => {
    if (typeof value === 'object' && value !== null) {
      if ('pass' in value) return fields({ pass: component, code: v.optional(code) });
      if ('finding' in value) return fields({ finding });
      if ('unjudged' in value)
        return fields({ unjudged: component, code: v.optional(code), because, expected: v.optional(v.boolean()) });
    }
    return v.custom<never>(() => false, 'must be {pass}, {finding} or {unjudged}');
  });
  return v.pipe(
    v.array(judgement, 'must be a list of judgements'),
    v.maxLength(MOST_JUDGEMENTS, `holds more than ${MOST_JUDGEMENTS} judgements`),
  );
};

/** What the JSON of an executable may name as a component, spelled as Muster's own JSON spells it. */
export const plainComponent = fields({
  kind,
  index: v.optional(index),
  uuid: v.optional(name),
  pci_bus_id: v.optional(name),
  serial: v.optional(name),
  slot: v.optional(name),
  device: v.optional(name),
  port: v.optional(index),
  guid: v.optional(name),
});

/** The first thing that is wrong, with its place: `rules.hot.action.drain: must be true or false`. */
export const firstIssue = ([issue]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string => {
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
};
