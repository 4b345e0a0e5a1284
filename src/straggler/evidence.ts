import {
  type Cause,
  type CauseKind,
  type Effect,
  type EffectFeature,
  type EvidenceFamily,
  STRAGGLER_LEVELS,
  type StragglerLevel,
} from '../api.ts';

interface CauseMeaning {
  readonly family: EvidenceFamily;
  /** The effects that this cause has on the GPU itself. */
  readonly explains: readonly EffectFeature[];
}

const SLOWED_CLOCK: readonly EffectFeature[] = ['sm_clock', 'sm_clock_p05', 'power', 'step_time'];
/** It computes later than its peers, at full clock, while these wait in NCCL at full utilisation. */
const WAITS_FOR_DATA: readonly EffectFeature[] = ['busy', 'power', 'step_time'];

/**
 * By what a slow part betrays itself. What holds the clock down shows in clock and power; what feeds the GPU too slowly
 * shows as less work at full clock. The temperature alone slows nothing down.
 */
const CAUSES: Readonly<Record<CauseKind, CauseMeaning>> = {
  thermal_throttle: { family: 'thermal', explains: SLOWED_CLOCK },
  power_brake: { family: 'power', explains: SLOWED_CLOCK },
  power_limit_lowered: { family: 'power', explains: SLOWED_CLOCK },
  clocks_locked: { family: 'clock', explains: SLOWED_CLOCK },
  pcie_degraded: { family: 'pcie', explains: WAITS_FOR_DATA },
  nvlink_degraded: { family: 'nvlink', explains: WAITS_FOR_DATA },
  link_degraded: { family: 'fabric', explains: WAITS_FOR_DATA },
  remapped_rows: { family: 'memory', explains: WAITS_FOR_DATA },
  host_pressure: { family: 'host', explains: WAITS_FOR_DATA },
};

export const explains = ({ kind }: Cause, feature: EffectFeature): boolean => CAUSES[kind].explains.includes(feature);

/** Everything persistent that is known of one part. */
export interface Evidence {
  readonly of: 'gpu' | 'node';
  readonly causes: readonly Cause[];
  readonly effects: readonly Effect[];
  /** Many deviate together without a cause: nobody of them is accused. */
  readonly isShared: boolean;
  /** Roles were seen in what the GPUs do: less work may be a role that was not told apart. */
  readonly isSplit: boolean;
  /** It began while the job ran: what a role does to a GPU it does from the first step on. */
  readonly beganInJob: boolean;
  /** Its peers wait for it at full utilisation. */
  readonly peersWait: boolean;
  /** The steps of the job became longer. */
  readonly stepImpact?: string;
  /** The node of a GPU draws less power than the other nodes. */
  readonly nodeImpact?: string;
  /** The job's own step times name it. */
  readonly isNamedInBand: boolean;
}

export const impactOf = ({ stepImpact, nodeImpact }: Evidence): string | undefined => stepImpact ?? nodeImpact;

/**
 * A hot chip leaks more and clocks lower at the same power: 3 to 4 % are within what healthy GPUs do ("Lit Silicon", 2025),
 * and V100 nodes with a GPU 3 % slower and 10 °C hotter ran no slower than the others (SC22 data, Longhorn).
 */
const BEYOND_LEAKAGE = 0.05;

const has = (effects: readonly Effect[], ...features: readonly EffectFeature[]): boolean =>
  effects.some(({ feature }) => features.includes(feature));

/**
 * Two effects of different physical families that no workload produces together. A GPU with less to do draws less power
 * at a higher clock and stays cooler; so a low clock with low power, or low power with heat, is the part and not its work.
 */
const twoFamilies = ({ effects, beganInJob, peersWait, isSplit }: Evidence): boolean => {
  const isClockLow = has(effects, 'sm_clock', 'sm_clock_p05');
  const isPowerLow = has(effects, 'power');
  const isHot = has(effects, 'temperature');
  const isClockFarLow = effects.some(
    ({ feature, deviation }) => feature.startsWith('sm_clock') && deviation >= BEYOND_LEAKAGE,
  );
  if ((isClockLow && isPowerLow) || (isClockFarLow && isHot)) return true;
  if (isPowerLow && isHot) return true;
  if (has(effects, 'step_time') && (isClockLow || isPowerLow || isHot)) return true;
  // Less busy and less power are one thing, unless everybody waits for a GPU that did not do so before.
  return has(effects, 'busy') && isPowerLow && beganInJob && peersWait && !isSplit;
};

/**
 * Chips differ in what they draw at one clock and slots in how warm they get: of 176 healthy runs of real 4-GPU nodes 68
 * have a GPU 5 % below its peers in power and 75 one that is 8 °C hotter, but 5 one that clocks 3 % lower (SC22 data,
 * Longhorn). Power and heat corroborate; by themselves they accuse nobody.
 */
const TELLING: ReadonlySet<EffectFeature> = new Set(['sm_clock', 'sm_clock_p05', 'busy']);
/** The chips of a node even out: a whole node that draws less than nodes that do the same does less. */
const TELLING_OF_NODES: ReadonlySet<EffectFeature> = new Set([...TELLING, 'power']);

/** Chips of one model differ by up to this in what they draw at one clock: by itself less of it proves no cause right. */
const BEYOND_CHIPS = 0.1;

/** Power alone counts against peers only far beyond what chips differ by; against a GPU's own past it is the same chip. */
const isProof = ({ feature, deviation, peers }: Effect): boolean =>
  feature !== 'power' || peers === 0 || deviation >= BEYOND_CHIPS;

/** DESIGN §7: what each level needs. Nothing where there is neither a cause nor an effect. */
export const levelOf = (evidence: Evidence): StragglerLevel | undefined => {
  const { causes, effects, isShared, isSplit, isNamedInBand } = evidence;
  const telling = evidence.of === 'node' ? TELLING_OF_NODES : TELLING;
  // What names it in band confirms what else is seen, and is not counted as that besides.
  const seen = effects.filter(({ feature }) => feature !== 'step_time');
  const isLikelyBy = (some: readonly Effect[]): boolean => {
    const proofs = evidence.of === 'node' || has(some, ...TELLING) ? some : some.filter(isProof);
    const isExplained = causes.some((cause) => proofs.some(({ feature }) => explains(cause, feature)));
    return isExplained || (!isShared && twoFamilies({ ...evidence, effects: some }));
  };
  if (isLikelyBy(seen)) return impactOf(evidence) !== undefined || isNamedInBand ? 'confirmed' : 'likely';
  if (isLikelyBy(effects)) return 'likely';
  if (causes.length > 0) return 'suspect';
  // The job's own steps tell a rank from its stage.
  if (isNamedInBand) return 'suspect';
  // An effect that follows the shape of the job accuses nobody.
  const isTelling = effects.some(({ feature }) => telling.has(feature));
  return isTelling && !isShared && !isSplit ? 'suspect' : undefined;
};

export const familiesOf = ({ causes, effects }: Evidence): readonly EvidenceFamily[] => [
  ...new Set([...causes.map(({ kind }) => CAUSES[kind].family), ...effects.map(({ family }) => family)]),
];

export const levelRank = (level: StragglerLevel): number => STRAGGLER_LEVELS.indexOf(level);
export const isWorse = (a: StragglerLevel, b: StragglerLevel): boolean => levelRank(a) > levelRank(b);

/** How far behind its effects put a part; heat is not counted, it holds nobody back by itself. */
export const worstDeviation = (effects: readonly Effect[]): number =>
  Math.max(0, ...effects.map(({ feature, deviation }) => (feature === 'temperature' ? 0 : deviation)));
