/** How late a timer comes is how long the event loop was held up. The beat costs nothing that can be measured. */
const BEAT_MS = 1000;
/** The worst of the last minute: a scrape every 15 or 60 s sees every stall. */
const KEPT_BEATS = 60;

export interface LoopDelay {
  /** Seconds, the worst of the last minute. */
  worst(): number;
  stop(): void;
}

export const watchLoopDelay = (monotonicMs: () => number): LoopDelay => {
  const late: number[] = [];
  let expectedMs = monotonicMs() + BEAT_MS;
  const timer = setInterval(() => {
    const now = monotonicMs();
    late.push(Math.max(0, now - expectedMs) / 1000);
    if (late.length > KEPT_BEATS) late.shift();
    expectedMs = now + BEAT_MS;
  }, BEAT_MS);
  timer.unref();
  return { worst: () => Math.max(0, ...late), stop: () => clearInterval(timer) };
};
