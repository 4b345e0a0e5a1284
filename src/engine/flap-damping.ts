/**
 * Damping of a finding that comes and goes, with the decaying penalty of RFC 2439 and the figures that routers use by
 * default (RFC 7196, table 1: 1000 a flap, half-life 15 min, suppress above 2000, reuse below 750, at most 60 min).
 * Here a damped finding stays raised: what flaps is not healthy between two flaps.
 */
export interface Flaps {
  /** As it was at `at`; it halves every 15 minutes. */
  readonly penalty: number;
  /** Unix ms. */
  readonly at: number;
  readonly damped: boolean;
}

export const NO_FLAPS: Flaps = { penalty: 0, at: 0, damped: false };

const PENALTY_A_FLAP = 1000;
const HALF_LIFE_MS = 15 * 60_000;
const SUPPRESS_ABOVE = 2000;
const REUSE_BELOW = 750;
/** A penalty that decays to the reuse limit within 60 minutes. */
const CEILING = REUSE_BELOW * 2 ** (60 / 15);

const penaltyAt = ({ penalty, at }: Flaps, now: number): number =>
  penalty === 0 ? 0 : penalty * 2 ** (-Math.max(0, now - at) / HALF_LIFE_MS);

/** After the finding was raised once more. */
export const flapped = (flaps: Flaps, now: number): Flaps => {
  const penalty = Math.min(CEILING, penaltyAt(flaps, now) + PENALTY_A_FLAP);
  return { penalty, at: now, damped: flaps.damped || penalty > SUPPRESS_ABOVE };
};

/** Whether it has been quiet for long enough to be believed. */
export const calmed = (flaps: Flaps, now: number): Flaps =>
  flaps.damped && penaltyAt(flaps, now) < REUSE_BELOW ? { ...flaps, damped: false } : flaps;
