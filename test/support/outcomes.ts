import type { Judgement } from '../../src/api.ts';

/** Findings in short, for tables: `mlx5_2 down`. */
export const findingsIn = (judgements: readonly Judgement[]): readonly string[] =>
  judgements.flatMap((judgement) =>
    'finding' in judgement ? [`${shortKey(judgement.finding.component.key)} ${judgement.finding.code}`] : [],
  );

export const passesIn = (judgements: readonly Judgement[]): readonly string[] =>
  judgements.flatMap((judgement) =>
    'pass' in judgement ? [`${shortKey(judgement.pass.key)} ${judgement.code ?? 'all'}`] : [],
  );

export const unjudgedIn = (judgements: readonly Judgement[]): readonly string[] =>
  judgements.flatMap((judgement) =>
    'unjudged' in judgement
      ? [`${shortKey(judgement.unjudged.key)} ${judgement.code ?? 'all'} ${judgement.because.reason}`]
      : [],
  );

/** `gpu:GPU-33333333-…` → `gpu3`, `nic:mlx5_2/1` → `mlx5_2`. */
const shortKey = (key: string): string => key.replace(/^gpu:GPU-(\d).*/, 'gpu$1').replace(/^nic:(.*)\/1$/, '$1');

export const findingOf = (judgements: readonly Judgement[]) => {
  for (const judgement of judgements) if ('finding' in judgement) return judgement.finding;
  return undefined;
};
