import type { Action, Lifetime, Severity, XidClass } from '../../api.ts';
import data from './judgements.json' with { type: 'json' };

/** What Muster makes of a kind of Xid; the catalogue names one for each code. */
interface XidJudgement {
  readonly class: XidClass;
  readonly severity: Severity;
  readonly action: Action;
  readonly lifetime: Lifetime;
  readonly why: string;
  readonly source: string;
}

export type JudgementName = keyof typeof data.judgements;

const judgements = data.judgements as Readonly<Record<JudgementName, XidJudgement>>;

export const xidJudgement = (name: JudgementName): XidJudgement => judgements[name];
