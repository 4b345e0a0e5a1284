import type { Action, Lifetime, Severity, XidClass, XidMeaning } from '../api.ts';
import data from './sxid.json' with { type: 'json' };

interface SxidJudgement {
  readonly class: XidClass;
  readonly severity: Severity;
  readonly action: Action;
  readonly lifetime: Lifetime;
  readonly source: string;
}
type Kind = keyof typeof data.judgements;

interface SxidGroup {
  readonly codes: readonly number[];
  readonly mnemonic: string;
  readonly meaning: string;
  readonly kind: Kind;
}

const judgements = data.judgements as Readonly<Record<Kind, SxidJudgement>>;
const byCode: ReadonlyMap<number, SxidGroup> = new Map(
  (data.groups as readonly SxidGroup[]).flatMap((group) => group.codes.map((code) => [code, group] as const)),
);

export const sxidSource = data.source;
/** True where the table holds the code; the word in the line counts either way. */
export const isKnownSxid = (code: number): boolean => byCode.has(code);

const isGrave = (kind: Kind) => judgements[kind].severity === 'CRITICAL';

/** The driver's word in the line outranks the table, which lags behind it and knows only the code. */
const kindOf = (known: Kind | undefined, fatal: boolean | undefined): Kind => {
  if (fatal === undefined) return known ?? 'unknown';
  if (known !== undefined && isGrave(known) === fatal) return known;
  return fatal ? 'fatal' : 'nonfatal';
};

/** What an NVSwitch error means; `fatal` is the word in the line, undefined where it has none. */
export const sxidMeaning = (code: number, fatal: boolean | undefined): XidMeaning => {
  const group = byCode.get(code);
  const { class: kind, severity, action, lifetime, source } = judgements[kindOf(group?.kind, fatal)];
  return {
    code,
    mnemonic: group?.mnemonic ?? 'UNKNOWN',
    meaning: group?.meaning ?? 'An NVSwitch error that this version does not know.',
    class: kind,
    immediate: '',
    investigatory: '',
    severity,
    action,
    lifetime,
    source,
  };
};
