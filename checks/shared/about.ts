import type { Component, Finding, Judgement, Reading } from '../../src/api.ts';
import { nameOf } from './names.ts';

/** What a finding says, once it is known about what and under which code. */
export type Details = Omit<Finding, 'component' | 'code'>;

/**
 * The judgement about one component under one code: unjudged where the reading is absent, a finding where `find`
 * returns its details (it is given the component's name for people), else a pass. `expected`: the machine should have given the value.
 */
export const about = <T, const C extends string>(
  component: Component,
  code: C,
  reading: Reading<T>,
  find: (value: T, name: string) => Details | undefined,
  o: { readonly expected?: boolean } = {},
): Judgement<C> => {
  if (!reading.ok) {
    return { unjudged: component, code, because: reading, ...(o.expected === true ? { expected: true } : {}) };
  }
  const details = find(reading.value, nameOf(component));
  return details === undefined ? { pass: component, code } : { finding: { component, code, ...details } };
};
