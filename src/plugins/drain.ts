import type { Judgement } from '../api.ts';

/** What a plugin says may ask for a drain only where the configuration lets it. */
export const withoutDrain = (judgement: Judgement): Judgement => {
  if (!('finding' in judgement)) return judgement;
  const { finding } = judgement;
  const action = finding.override?.action;
  if (action?.drain !== true) return judgement;
  return { finding: { ...finding, override: { ...finding.override, action: { ...action, drain: false } } } };
};
