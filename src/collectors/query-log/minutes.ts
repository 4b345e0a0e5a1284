import type { Component, GpuSample } from '../../api.ts';
import type { QueryLog } from './query-log.ts';

export type TakeSample = (node: string, ref: Component, sample: GpuSample) => void;

const MINUTE_MS = 60_000;
/** So long nobody says anything: summer time began, the loggers were off. The minutes between hold nothing to judge. */
const SILENCE_MS = 15 * MINUTE_MS;

const readUntil = async (log: QueryLog, untilMs: number, take: TakeSample): Promise<void> => {
  while (!log.handOver(untilMs, ({ ref, sample }) => take(log.node, ref, sample))) await log.readOn();
};

/**
 * Goes through several logs together, minute by minute: hands over what each says of the minute, then yields its end
 * (Unix ms, whole minutes). Memory holds one part of each log.
 */
export async function* minutesOf(logs: readonly QueryLog[], take: TakeSample): AsyncGenerator<number> {
  let minute: number | undefined;
  for (;;) {
    let next = Number.POSITIVE_INFINITY;
    for (const log of logs) {
      if (log.nextAt() === undefined) await log.readOn();
      next = Math.min(next, log.nextAt() ?? Number.POSITIVE_INFINITY);
    }
    if (next === Number.POSITIVE_INFINITY) return;
    const following = minute === undefined ? undefined : minute + MINUTE_MS;
    minute =
      following === undefined || next > following + SILENCE_MS
        ? (Math.floor(next / MINUTE_MS) + 1) * MINUTE_MS
        : following;
    for (const log of logs) await readUntil(log, minute, take);
    yield minute;
  }
}
