import {
  type Absent,
  type AnyCheck,
  absent,
  type Check,
  type Context,
  type Fact,
  type FactName,
  type Facts,
  type Judgement,
  known,
  type Option,
  type Options,
} from '../../src/api.ts';

/** 2025-06-01T12:00:00Z, ten days after the boot. */
export const NOW = Date.UTC(2025, 5, 1, 12);
export const BOOTED_AT = NOW - 10 * 86_400_000;

/** What a test gives: plain values, or an absence in place of a fact. */
export type GivenFacts = { readonly [K in FactName]?: Facts[K] | Absent };

export interface JudgeOptions {
  readonly options?: Readonly<Record<string, number | string | boolean | readonly string[]>>;
  readonly context?: Context;
  readonly now?: number;
  readonly bootedAt?: number;
}

const isAbsent = (value: unknown): value is Absent =>
  typeof value === 'object' && value !== null && 'ok' in value && value.ok === false;

/** A value as a source's answer of just now. */
export const factOf = <T>(value: T | Absent, source = 'test'): Fact<T> => ({
  ...(isAbsent(value) ? value : known(value)),
  at: NOW,
  source,
});

/**
 * Judges as the engine does: required facts as plain values, used ones absence and all. A fact that the test does
 * not give is absent; where a required one is absent the check is not asked and judges nothing.
 */
export const judgeWith = <R extends FactName, U extends FactName, C extends string, O extends Options>(
  check: Check<R, U, C, O>,
  facts: GivenFacts,
  { options = {}, context = 'continuous', now = NOW, bootedAt = BOOTED_AT }: JudgeOptions = {},
): readonly Judgement<C>[] => {
  const any: AnyCheck = check;
  const notGiven = absent('not-recorded', 'not given in this test');
  const input: Record<string, unknown> = {};
  for (const name of check.requires) {
    const value = facts[name] ?? notGiven;
    if (isAbsent(value)) return [];
    input[name] = value;
  }
  for (const name of check.uses ?? []) input[name] = factOf<unknown>(facts[name] ?? notGiven);
  const defaults = Object.entries((check.options ?? {}) as Record<string, Option>).map(([name, option]) => [
    name,
    option.default,
  ]);
  return any.judge(input as never, {
    now,
    bootedAt,
    context,
    node: { kind: 'node', key: 'node' },
    options: { ...Object.fromEntries(defaults), ...options },
  }) as readonly Judgement<C>[];
};
