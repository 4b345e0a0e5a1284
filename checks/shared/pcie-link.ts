import type { Expected, Gpu, Rule, Severity } from '../../src/api.ts';
import { severityOf } from './expectation.ts';
import { stay } from './rules.ts';

/** Transfers per second and lane, in 10⁹ (PCI Express base specification). */
export const GIGATRANSFERS: Readonly<Record<number, number>> = { 1: 2.5, 2: 5, 3: 8, 4: 16, 5: 32, 6: 64 };

/** What a link carries in one direction, before the overhead of packets; undefined for a generation without a known rate. */
export const linkGbps = (generation: number, width: number): number | undefined => {
  const perLane = GIGATRANSFERS[generation];
  if (perLane === undefined) return undefined;
  // 8b/10b until generation 2, 128b/130b after it; generation 6 codes differently and loses less.
  return perLane * width * (generation <= 2 ? 8 / 10 : 128 / 130);
};

/** A hypervisor shows its guests a narrow or slow link whatever the hardware does. */
export const isGuest = ({ virtualization }: Gpu): boolean =>
  virtualization.ok && /pass-?through|vgpu/i.test(virtualization.value);

/** A link that should do more, and how sure that is: what siblings do proves it, what the part itself could do does not. */
export interface Shortfall {
  readonly expected: number;
  readonly because: string;
  readonly severity: Severity;
}

interface Compared {
  /** The part, for people. */
  readonly part: 'GPU' | 'NIC';
  /** What the siblings have, and in words what those have that have more. */
  readonly siblings: readonly number[];
  readonly withMore: string;
  /** What the machine profile says. */
  readonly said: Expected<number>;
  /** What the part itself can do. */
  readonly max: number;
  readonly inGuest: boolean;
}

/** Width or generation of a link against its siblings, the profile and the part; nothing where it is as it should be. */
export const shortfallOf = (
  value: number,
  { part, siblings, withMore, said, max, inGuest }: Compared,
): Shortfall | undefined => {
  const best = Math.max(0, ...siblings);
  if (best > value) {
    const better = siblings.filter((other) => other > value).length;
    return {
      expected: best,
      because: `siblings ${withMore}: ${better} of ${siblings.length}`,
      severity: 'CRITICAL',
    };
  }
  if (!inGuest && said.ok && said.value > value)
    return { expected: said.value, because: said.source, severity: severityOf(said) };
  if (max <= value) return undefined;
  return {
    expected: max,
    because: inGuest
      ? `the ${part} can do that; a hypervisor is between`
      : `the ${part} can do that; whether its slot can is not known`,
    severity: 'INFO',
  };
};

/** What only the part itself could do asks for nothing, and what a profile assumes for no drain. */
const ACTIONS: Readonly<Record<Severity, Partial<Pick<Rule, 'action'>>>> = {
  CRITICAL: {},
  WARNING: { action: stay('service') },
  INFO: { action: stay('none') },
};

/** How a rule that drains is taken back to what is sure. */
export const overrideOf = (severity: Severity): Partial<Pick<Rule, 'severity' | 'action'>> => ({
  severity,
  ...ACTIONS[severity],
});
