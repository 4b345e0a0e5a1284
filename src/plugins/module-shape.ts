import * as v from 'valibot';
import { MOST_PLUGIN_CODES, PLUGIN_CODE, PLUGIN_ID, PLUGIN_ID_LENGTH } from '../config/config.ts';
import { action, fields, lifetime, line, oneOf, severity, words } from './judgement-shape.ts';

const LONGEST_TEXT = 2048;
const MOST_EXPORTS = 32;
/** Whoever reads the machine more often than this belongs into Muster itself. */
const LEAST_SECONDS = 10;
const MOST_SECONDS = 86_400;
const MOST_DEADLINE_MS = 60_000;

/** How a function looks once it was written as JSON by the child. */
export const FUNCTION = 'a function';
const func = v.literal(FUNCTION, 'must be a function');

const apiVersion = v.literal(1, 'must be 1');
const text = line(LONGEST_TEXT);
const seconds = (least: number, most: number) => {
  const message = `must be ${least} to ${most}`;
  return v.pipe(v.number(message), v.minValue(least, message), v.maxValue(most, message));
};

const own = v.pipe(words, v.regex(/^own:[a-zA-Z][a-zA-Z0-9]{0,63}$/, 'must be a fact of its own, such as own:coolant'));

const rule = fields({
  title: line(200),
  severity,
  action,
  lifetime,
  outlivesReboot: v.optional(v.literal(true)),
  lapsesAfterSeconds: v.optional(seconds(1, MOST_SECONDS)),
  availability: v.optional(text),
});

const optionValue = v.union(
  [v.pipe(v.number(), v.finite()), v.string(), v.boolean(), v.array(v.string())],
  'must be a number, a text, true, false or a list of texts',
);

const option = fields({
  default: optionValue,
  unit: v.optional(text),
  source: text,
  help: text,
  fromProfile: v.optional(text),
});

const codeName = v.pipe(words, v.regex(PLUGIN_CODE, 'is not a code: write for example fan-stopped'));

const rules = v.pipe(
  v.record(codeName, rule, 'must hold codes and their rules'),
  v.check((held) => Object.keys(held).length > 0, 'is empty'),
  v.check((held) => Object.keys(held).length <= MOST_PLUGIN_CODES, `holds more than ${MOST_PLUGIN_CODES} codes`),
);

/** A check as a module exports it, which facts there are being known. */
const checkShape = (facts: ReadonlySet<string>) => {
  const fact = v.pipe(
    words,
    v.check(
      (name) => facts.has(name) || name.startsWith('own:'),
      ({ input }) => `there is no fact ${input}`,
    ),
  );
  return v.pipe(
    fields({
      apiVersion,
      id: v.pipe(
        words,
        v.regex(PLUGIN_ID, 'is not an id: write <area>/<name>, for example site/cooling'),
        v.maxLength(PLUGIN_ID_LENGTH, `is longer than ${PLUGIN_ID_LENGTH} characters`),
      ),
      title: line(200),
      why: text,
      source: text,
      remedy: text,
      contexts: v.pipe(
        v.array(oneOf(['continuous', 'prejob', 'deep', 'job']), 'must be a list'),
        v.minLength(1, 'is empty'),
      ),
      requires: v.array(fact, 'must be a list of facts'),
      uses: v.optional(v.array(fact, 'must be a list of facts')),
      options: v.optional(v.record(v.pipe(words, v.regex(/^[a-z][a-z0-9_]*$/, 'is no name of an option')), option)),
      rules,
      raise: v.optional(
        v.pipe(
          fields({
            hits: seconds(1, 100),
            of: seconds(1, 100),
            clear: seconds(1, 100),
            bootGraceSeconds: v.optional(seconds(0, MOST_SECONDS)),
          }),
          v.check(({ hits, of }) => hits <= of, 'asks for more hits than there are observations'),
        ),
      ),
      judge: func,
    }),
  );
};

const collectorShape = fields({
  apiVersion,
  id: v.pipe(words, v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'is not an id: write for example coolant')),
  provides: v.pipe(v.array(own, 'must be a list of facts'), v.minLength(1, 'is empty')),
  reads: text,
  schedule: fields({ everySeconds: seconds(LEAST_SECONDS, MOST_SECONDS) }),
  deadlineMs: seconds(1, MOST_DEADLINE_MS),
  collect: func,
});

/** What a module may export: a check, a collector or a list of them. */
export const moduleShape = (facts: ReadonlySet<string>) => {
  const one = v.lazy((value) => {
    if (typeof value === 'object' && value !== null) {
      if ('judge' in value) return checkShape(facts);
      if ('collect' in value) return collectorShape;
    }
    return v.custom<never>(() => false, 'must be a check (with judge) or a collector (with collect)');
  });
  return v.pipe(
    v.array(one),
    v.minLength(1, 'is an empty list'),
    v.maxLength(MOST_EXPORTS, `holds more than ${MOST_EXPORTS} checks and collectors`),
  );
};

export type CheckDeclaration = v.InferOutput<ReturnType<typeof checkShape>>;
export type CollectorDeclaration = v.InferOutput<typeof collectorShape>;
