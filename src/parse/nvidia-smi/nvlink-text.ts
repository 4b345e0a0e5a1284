import { type Absent, absent, counter, type N, type RawCounter } from '../../api.ts';
import { integer } from '../quantity.ts';

/** What one command of `nvidia-smi nvlink` printed about one GPU. */
export interface NvLinkBlock {
  readonly index: number;
  readonly model?: string;
  /** Not printed by every driver (GB300 capture). */
  readonly uuid?: string;
  /** `Link 3: …`, in the order of the output. */
  readonly links: readonly { readonly link: number; readonly text: string }[];
  /** Lines that are about no single link. */
  readonly remarks: readonly string[];
}

const GPU_LINE = /^GPU (\d+):\s*(.*?)(?:\s*\(UUID:\s*([^)\s]+)\))?\s*$/;
const LINK_LINE = /^Link (\d+):\s*(\S.*)$/;

/** Splits the output by GPU; lines before the first GPU are dropped. */
export const nvLinkBlocks = (stdout: string): readonly NvLinkBlock[] => {
  const blocks: (NvLinkBlock & { links: { link: number; text: string }[]; remarks: string[] })[] = [];
  for (const raw of stdout.split('\n')) {
    const line = raw.trim();
    const [, index, model, uuid] = GPU_LINE.exec(line) ?? [];
    if (index !== undefined) {
      blocks.push({
        index: Number(index),
        ...(model ? { model } : {}),
        ...(uuid === undefined ? {} : { uuid }),
        links: [],
        remarks: [],
      });
      continue;
    }
    const block = blocks.at(-1);
    // "WARNING: infoROM is corrupted …" follows the output of any command.
    if (block === undefined || line === '' || line.startsWith('WARNING:')) continue;
    const [, link, text] = LINK_LINE.exec(line) ?? [];
    if (link !== undefined && text !== undefined) block.links.push({ link: Number(link), text });
    else block.remarks.push(line);
  }
  return blocks;
};

/** `CRC Flit Errors` as `crc_flit`, `Link recovery failed events` as `link_recovery_failed_events`. */
export const errorKind = (printed: string): string =>
  printed
    .toLowerCase()
    .replace(/\berrors?\b/g, ' ')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

/** The kinds before NVLink 5; they stand for the errors of a link of which none could be read. */
const USUAL_KINDS = ['replay', 'recovery', 'crc'];

export const unreadErrors = (why: Absent): Readonly<Record<string, RawCounter>> =>
  Object.fromEntries(USUAL_KINDS.map((kind) => [kind, counter(why)]));

// The counters before NVLink 5 have 16 bits and stop at the top, which hides every error that follows (V100).
const SATURATED = 65_535;
const NARROW = /^(?:replay|recovery|crc)/;

const total = (kind: string, text: string): N => {
  const count = integer(text);
  return count.ok && count.value === SATURATED && NARROW.test(kind)
    ? absent('unsupported', `${kind}: saturated at ${SATURATED}; it counts no more until the GPU is reset`)
    : count;
};

/** The error counters of each link, by kind. Bit error rates are no counters and are left out. */
export const linkErrors = (block: NvLinkBlock): ReadonlyMap<number, Readonly<Record<string, RawCounter>>> => {
  const byLink = new Map<number, Record<string, RawCounter>>();
  for (const { link, text } of block.links) {
    const colon = text.lastIndexOf(':');
    if (colon === -1 || /\bBER\b/.test(text)) continue;
    const kind = errorKind(text.slice(0, colon));
    if (kind === '') continue;
    const errors = byLink.get(link) ?? {};
    errors[kind] = counter(total(kind, text.slice(colon + 1)));
    byLink.set(link, errors);
  }
  return byLink;
};
