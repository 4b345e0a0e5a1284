/** Wall time dates what is reported; monotonic time measures how long something took, whatever NTP does meanwhile. */
export interface Clock {
  wallMs(): number;
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  // Not `performance`: its module takes some milliseconds to load, which a prolog notices.
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
};

export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** A clock that stands still until it is told to move: for simulated machines and tests. */
export const manualClock = (startMs: number): ManualClock => {
  let elapsedMs = 0;
  return {
    wallMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    advance: (ms) => {
      elapsedMs += ms;
    },
  };
};
