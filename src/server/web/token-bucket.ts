import type { RateLimit } from './web-config.ts';

/** Lets `burst` requests through at once and one more every `intervalMs`, as exporter-toolkit does. Monotonic ms. */
export const tokenBucket = ({ intervalMs, burst }: RateLimit, nowMs: () => number = () => performance.now()) => {
  let tokens = burst;
  let filledAtMs = nowMs();
  return (): boolean => {
    const atMs = nowMs();
    tokens = Math.min(burst, tokens + (atMs - filledAtMs) / intervalMs);
    filledAtMs = atMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};
