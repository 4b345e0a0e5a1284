/**
 * Notices that the wall clock was set: it then moves otherwise than the monotonic clock does. NTP slews by at most
 * 500 ppm (adjtimex(2)), so that a second of difference since the last look is a step, or a suspend.
 */
const STEP_MS = 1000;

export const createClockWatch = (o: {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}): {
  /** By how much the wall clock was stepped since the last call; 0 when it was not. */
  stepped(): number;
} => {
  let offset = o.wallMs() - o.monotonicMs();
  return {
    stepped: () => {
      const now = o.wallMs() - o.monotonicMs();
      const delta = now - offset;
      offset = now;
      return Math.abs(delta) >= STEP_MS ? Math.round(delta) : 0;
    },
  };
};
