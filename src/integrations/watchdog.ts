/** The state on which a ping is decided. */
export interface WatchdogState {
  /** systemd kills the agent after so long without a ping. */
  readonly periodMs: number;
  readonly nowMs: number;
  readonly pingedAtMs: number;
  /** When the agent last finished a piece of work, now and when the last ping was sent; only whether it changed counts. */
  readonly turnedAt: number;
  readonly turnedAtPing: number;
}

// systemd.service(5) asks for half the period. A third leaves room for one ping that is lost or waits out its 5 s.
const SHARE = 1 / 3;

/** A ping is sent when it is time for one and the agent has worked since the last: a stuck agent must not look alive. */
export const earnsPing = ({ periodMs, nowMs, pingedAtMs, turnedAt, turnedAtPing }: WatchdogState): boolean =>
  turnedAt !== turnedAtPing && nowMs - pingedAtMs >= periodMs * SHARE;

export interface Watchdog {
  /** Pings if that is earned; to be called at least every third of the period. */
  beat(): void;
}

export const createWatchdog = (o: {
  readonly periodMs: number;
  /** When the agent last finished a piece of work, by any clock; what calls `beat` must not count as one. */
  readonly turned: () => number;
  readonly ping: () => Promise<void>;
  /** Monotonic ms: a clock that is set back must not keep the pings back. */
  readonly now: () => number;
}): Watchdog => {
  let pingedAtMs = o.now();
  let turnedAtPing = o.turned();
  return {
    beat: () => {
      const nowMs = o.now();
      const turnedAt = o.turned();
      if (!earnsPing({ periodMs: o.periodMs, nowMs, pingedAtMs, turnedAt, turnedAtPing })) return;
      pingedAtMs = nowMs;
      turnedAtPing = turnedAt;
      void o.ping();
    },
  };
};
