import type { AnyCheck, Component, Judgement, Rule } from '../../src/api.ts';
import { type GivenFacts, type JudgeOptions, judgeWith } from './judge.ts';

/** What a check said, one line a judgement, for tables. */
export interface Said {
  /** `gpu 0: CRITICAL remap-failed, drain, service`. */
  readonly findings: readonly string[];
  /** `gpu 0: remap-failed unsupported`, with `expected` where the machine should have answered. */
  readonly unjudged: readonly string[];
  /** `gpu 0: remap-failed`. */
  readonly passes: readonly string[];
  readonly messages: readonly string[];
  readonly judgements: readonly Judgement[];
}

const name = ({ kind, index, device, key }: Component): string => {
  if (kind === 'node') return 'node';
  return `${kind} ${index ?? device ?? key}`;
};

export const saidOf = (check: AnyCheck, facts: GivenFacts, options?: JudgeOptions): Said => {
  const judgements: readonly Judgement[] = judgeWith(check, facts, options);
  const rules = check.rules as Readonly<Record<string, Rule>>;
  return {
    judgements,
    findings: judgements.flatMap((one) => {
      if (!('finding' in one)) return [];
      const { component, code, override } = one.finding;
      const rule = { ...rules[code], ...override };
      return [
        `${name(component)}: ${rule.severity} ${code}, ${rule.action?.drain ? 'drain' : 'stay'}, ${rule.action?.then}`,
      ];
    }),
    unjudged: judgements.flatMap((one) =>
      'unjudged' in one
        ? [`${name(one.unjudged)}: ${one.code ?? '*'} ${one.because.reason}${one.expected ? ' expected' : ''}`]
        : [],
    ),
    passes: judgements.flatMap((one) => ('pass' in one ? [`${name(one.pass)}: ${one.code ?? '*'}`] : [])),
    messages: judgements.flatMap((one) => ('finding' in one ? [one.finding.message] : [])),
  };
};
