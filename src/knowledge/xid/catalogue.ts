import type { XidMeaning } from '../../api.ts';
import data from './catalogue.json' with { type: 'json' };
import { type JudgementName, xidJudgement } from './judgement.ts';

export type XidGeneration = 'A100' | 'H100' | 'B100' | 'GB200';

/** One line of NVIDIA's catalogue, with the name of what Muster makes of it. */
export interface XidRecord {
  readonly code: number;
  readonly mnemonic: string;
  readonly meaning: string;
  /** The generations on which NVIDIA documents the code; none for codes that are no longer used. */
  readonly appliesTo: readonly XidGeneration[];
  /** NVIDIA's resolution buckets; empty where the catalogue names none. */
  readonly immediate: string;
  readonly investigatory: string;
  /** The driver reports the recovery that this code needs as an Xid 154 (from R565, some codes from R570 or R575). */
  readonly linkedTo154: boolean;
  readonly judgement: JudgementName;
}

/** Every Xid that NVIDIA lists, in the order of the codes. */
export const xidCatalogue = data.xids as readonly XidRecord[];
export const xidCatalogueSource = data.source;
/** All codes of the catalogue. */
export const xidCodes = (): readonly number[] => xidCatalogue.map(({ code }) => code);

const byCode = new Map(xidCatalogue.map((record) => [record.code, record]));

/** The line of the catalogue, where there is one. */
export const xidRecord = (code: number): XidRecord | undefined => byCode.get(code);

/** What an Xid means by its code alone; always an answer, class `unknown` for a code that the catalogue does not hold. */
export const xidMeaning = (code: number): XidMeaning => {
  const record = byCode.get(code) ?? {
    code,
    mnemonic: 'UNKNOWN',
    meaning: 'Not in the catalogue that this version knows; a newer driver may have added it.',
    immediate: '',
    investigatory: '',
    judgement: 'unknown' as const,
  };
  const judged = xidJudgement(record.judgement);
  return {
    code,
    mnemonic: record.mnemonic,
    meaning: record.meaning,
    class: judged.class,
    immediate: record.immediate,
    investigatory: record.investigatory,
    severity: judged.severity,
    action: judged.action,
    lifetime: judged.lifetime,
    source: judged.source,
  };
};
