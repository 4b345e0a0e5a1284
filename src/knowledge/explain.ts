import type { XidMeaning } from '../api.ts';
import { isKnownSxid, sxidMeaning, sxidSource } from './sxid.ts';
import { explainBucket } from './xid/buckets.ts';
import { type XidGeneration, xidCatalogueSource, xidMeaning, xidRecord } from './xid/catalogue.ts';
import { xidJudgement } from './xid/judgement.ts';

interface ExplainedBucket {
  readonly name: string;
  readonly meaning: string;
}

/** What `muster explain` says of an Xid or SXid. */
export interface Explanation extends Omit<XidMeaning, 'immediate' | 'investigatory'> {
  readonly kind: 'xid' | 'sxid';
  /** False for a code that no table holds; the explanation is then what an unknown code means. */
  readonly known: boolean;
  readonly immediate?: ExplainedBucket;
  readonly investigatory?: ExplainedBucket;
  /** Why Muster judges it so. */
  readonly why?: string;
  readonly appliesTo: readonly XidGeneration[];
  readonly linkedTo154: boolean;
  /** Where the meaning and the buckets come from; `source` is that of the judgement. */
  readonly catalogue: string;
}

const bucket = (name: string): ExplainedBucket | undefined =>
  name === '' ? undefined : { name, meaning: explainBucket(name) ?? 'A bucket that this version does not know.' };

const withBuckets = (
  { immediate, investigatory, ...meaning }: XidMeaning,
  more: Pick<Explanation, 'kind' | 'known' | 'appliesTo' | 'linkedTo154' | 'catalogue'>,
): Explanation => {
  const now = bucket(immediate);
  const later = bucket(investigatory);
  return { ...meaning, ...more, ...(now && { immediate: now }), ...(later && { investigatory: later }) };
};

export const explainXid = (code: number): Explanation => {
  const record = xidRecord(code);
  return {
    ...withBuckets(xidMeaning(code), {
      kind: 'xid',
      known: record !== undefined,
      appliesTo: record?.appliesTo ?? [],
      linkedTo154: record?.linkedTo154 ?? false,
      catalogue: xidCatalogueSource,
    }),
    why: xidJudgement(record?.judgement ?? 'unknown').why,
  };
};

export const explainSxid = (code: number): Explanation =>
  withBuckets(sxidMeaning(code, undefined), {
    kind: 'sxid',
    known: isKnownSxid(code),
    // NVSwitches of later generations report through the GPUs (Xid 144-150) or the switch tray.
    appliesTo: ['A100', 'H100'],
    linkedTo154: false,
    catalogue: sxidSource,
  });
