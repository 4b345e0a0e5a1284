import type { XidMeaning } from '../../api.ts';
import { recoveryActionOfXid154 } from '../recovery-action.ts';
import { explainBucket } from './buckets.ts';
import { xidMeaning } from './catalogue.ts';
import { type JudgementName, xidJudgement } from './judgement.ts';
import { decodeNvlink5, type NvLink5Decode } from './nvlink5.ts';

/** An Xid with the line that reported it; a `KernelEvent` with a code is one. */
export interface XidEvent {
  readonly code: number;
  readonly text?: string | undefined;
  /** Chooses the layout of Xid 144–150; without it both are tried. */
  readonly driverVersion?: string | undefined;
}

// `…: 149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x004505c6 0x00000000 …)`, with `pid=` and `name=` before the unit or not.
const NVLINK5 =
  /(?:^|[\s,])(MSE Degraded|[A-Z][A-Z0-9_/]{2,63}) +(?:Fatal|Nonfatal)\b[^(]{0,80}\((0x[0-9a-f]{1,8}) (0x[0-9a-f]{1,8})\b/i;

const decode = ({ code, text, driverVersion }: XidEvent): NvLink5Decode | undefined => {
  const [, named, intrInfo, errorStatus] = NVLINK5.exec(text ?? '') ?? [];
  // Both of a unit's names at once, as the table writes them: `NETIR_LINK_EVT/NETIR_LINK_DOWN`.
  for (const unit of named?.split('/') ?? []) {
    const words = { intrInfo: Number(intrInfo), errorStatus: Number(errorStatus) };
    const found = decodeNvlink5({ code, unit, ...words, driverVersion });
    if (found !== undefined) return found;
  }
  return undefined;
};

const judgementOf = ({ immediate, investigatory, fatal }: NvLink5Decode): JudgementName => {
  if (immediate === 'RESET_GPU') return 'reset';
  if (immediate === 'XID_154_EVAL') return 'eval-154';
  return fatal || investigatory.startsWith('INVESTIGATE_LINK_SI') ? 'watch' : 'note';
};

/** What is wrong in the words of the catalogue, which ends before what the decode has answered; then what to do. */
const decodedMeaning = (catalogued: string, { immediate, investigatory }: NvLink5Decode): string => {
  const [subject = catalogued] = catalogued.split(':');
  const asks = [...new Set([immediate, investigatory])].map((bucket) => explainBucket(bucket) ?? bucket);
  return `${subject.replace(/\.$/, '')}; decoded: ${asks.join(' ')}`;
};

const decoded = (event: XidEvent): XidMeaning | undefined => {
  const found = decode(event);
  if (!found) return undefined;
  const { class: kind, severity, action, lifetime, source } = xidJudgement(judgementOf(found));
  const catalogued = xidMeaning(event.code);
  return {
    ...catalogued,
    meaning: decodedMeaning(catalogued.meaning, found),
    class: kind,
    severity,
    action,
    lifetime,
    source: `${source}, decoded with its sheet for Xid 144-150`,
    immediate: found.immediate,
    investigatory: found.investigatory,
  };
};

const recovery = (event: XidEvent): XidMeaning | undefined => {
  const asked = event.code === 154 ? recoveryActionOfXid154(event.text ?? '') : undefined;
  if (!asked) return undefined;
  return {
    ...xidMeaning(event.code),
    meaning: `The driver asks for: ${asked.name}. ${asked.meaning}`,
    class: asked.needed ? 'reset' : 'informational',
    severity: asked.severity,
    action: asked.action,
    lifetime: asked.lifetime,
    source: asked.source,
  };
};

/** The meaning of an Xid by all that its line tells: the code, and for 144–150 and 154 the message. */
export const interpretXid = (event: XidEvent): XidMeaning =>
  recovery(event) ?? decoded(event) ?? xidMeaning(event.code);
