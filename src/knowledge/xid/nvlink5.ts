import data from './nvlink5.json' with { type: 'json' };

/** The parts of an Xid 144–150 message that decide what it means. */
export interface NvLink5Message {
  readonly code: number;
  /** `RLW_REMAP`, `NETIR_LINK_EVT`, … */
  readonly unit: string;
  /** The first two words in the brackets of the message. */
  readonly intrInfo: number;
  readonly errorStatus: number;
  /** `580.105.08`; without it both layouts are tried. */
  readonly driverVersion?: string | undefined;
}

export interface NvLink5Decode {
  readonly immediate: string;
  readonly investigatory: string;
  /** The link or the GPU is out of use. */
  readonly fatal: boolean;
}

type Layout = 'before575' | 'from575';

interface Row extends NvLink5Decode {
  readonly code: number;
  readonly units: readonly string[];
  readonly pattern: Readonly<Record<Layout, { readonly mask: number; readonly value: number }>>;
  /** Empty: any status. */
  readonly statuses: readonly number[];
}

const bits = (pattern: string) => ({
  mask: Number.parseInt(pattern.replaceAll('0', '1').replaceAll('.', '0'), 2),
  value: Number.parseInt(pattern.replaceAll('.', '0'), 2),
});

const rows: readonly Row[] = data.rows.map((row) => ({
  code: row.code,
  units: row.units,
  pattern: { before575: bits(row.before575), from575: bits(row.from575) },
  statuses: row.errorStatus.map(Number),
  immediate: row.immediate,
  investigatory: row.investigatory,
  fatal: row.fatal,
}));

const layoutsOf = (driverVersion: string | undefined): readonly Layout[] => {
  const major = Number.parseInt(driverVersion ?? '', 10);
  if (Number.isNaN(major)) return ['from575', 'before575'];
  return [major >= 575 ? 'from575' : 'before575'];
};

const fits = ({ mask, value }: { mask: number; value: number }, word: number) => (word & mask) === value;

const isOneBit = (status: number) => status !== 0 && (status & (status - 1)) === 0;

const IMMEDIATE_BY_WEIGHT = ['RESET_GPU', 'XID_154_EVAL', 'IGNORE'];
const gravest = (found: readonly Row[]): Row | undefined =>
  found.toSorted(
    (a, b) =>
      Number(b.fatal) - Number(a.fatal) ||
      IMMEDIATE_BY_WEIGHT.indexOf(a.immediate) - IMMEDIATE_BY_WEIGHT.indexOf(b.immediate),
  )[0];

const withStatus = (found: readonly Row[], status: number): readonly Row[] => {
  const exact = found.filter((row) => row.statuses.length === 0 || row.statuses.includes(status));
  if (exact.length > 0) return exact;
  // Where the table lists single bits only, the word is a set of flags, and several can be raised at once.
  const flags = found.every((row) => row.statuses.every(isOneBit));
  // Bit operators give signed numbers; `>>> 0` makes bit 31 comparable again.
  return flags ? found.filter((row) => row.statuses.some((bit) => (status & bit) >>> 0 === bit)) : [];
};

/** What NVIDIA's table makes of an Xid 144–150; undefined where it has no line for the message. */
export const decodeNvlink5 = (message: NvLink5Message): NvLink5Decode | undefined => {
  const { code, unit, intrInfo, errorStatus } = message;
  const candidates = rows.filter((row) => row.code === code && row.units.includes(unit));
  for (const layout of layoutsOf(message.driverVersion)) {
    const found = gravest(
      withStatus(
        candidates.filter((row) => fits(row.pattern[layout], intrInfo)),
        errorStatus,
      ),
    );
    if (found) return { immediate: found.immediate, investigatory: found.investigatory, fatal: found.fatal };
  }
  return undefined;
};
