import type { Segment } from './segment.ts';

export interface RetentionLimits {
  readonly maxBytes: number;
  readonly maxAgeSeconds: number;
}

/** The oldest segments that must go so that all together fit. The current one, the last, never goes. */
export const beyondSize = (segments: readonly Segment[], { maxBytes }: RetentionLimits): readonly Segment[] => {
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return segments.slice(0, -1).filter((segment) => {
    if (bytes <= maxBytes) return false;
    bytes -= segment.bytes;
    return true;
  });
};

/**
 * The oldest segment if it is too old; the current one, the last, never goes. One at a time: a clock that is years ahead
 * until NTP has set it must not take the history of a node with it.
 */
export const beyondAge = (
  segments: readonly Segment[],
  { maxAgeSeconds }: RetentionLimits,
  nowMs: number,
): Segment | undefined => {
  const [oldest, ...others] = segments;
  if (oldest === undefined || others.length === 0) return undefined;
  return nowMs - oldest.writtenMs > maxAgeSeconds * 1000 ? oldest : undefined;
};
