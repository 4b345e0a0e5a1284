/** So many in a row, then so many a second. */
export interface TokenBucket {
  /** Takes `count` if there are any left; a large one may leave a debt. */
  take(count?: number): boolean;
  /** Until there is something to take again; 0 when there is. */
  waitMs(): number;
}

/** `nowMs` is a monotonic clock. */
export const createTokenBucket = (o: {
  readonly perSecond: number;
  readonly burst: number;
  readonly nowMs: () => number;
}): TokenBucket => {
  let tokens = o.burst;
  let filledMs = o.nowMs();
  const fill = (): void => {
    const nowMs = o.nowMs();
    tokens = Math.min(o.burst, tokens + ((nowMs - filledMs) / 1000) * o.perSecond);
    filledMs = nowMs;
  };
  return {
    take: (count = 1) => {
      fill();
      if (tokens < Math.min(count, 1)) return false;
      tokens -= count;
      return true;
    },
    waitMs: () => {
      fill();
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / o.perSecond) * 1000);
    },
  };
};
