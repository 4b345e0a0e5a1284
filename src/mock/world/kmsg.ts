import type { World } from './state.ts';

/** `/dev/kmsg`: `priority,sequence,microseconds since boot,-;text`; only what happened by now. */
export const kmsg = (world: World): string =>
  [...world.kernel]
    .sort((a, b) => a.atMs - b.atMs)
    .filter((record) => record.atMs <= world.atMs)
    .map(
      (record, sequence) =>
        `${record.priority},${sequence},${Math.round((record.atMs - world.bootMs) * 1000)},-;${record.text}\n`,
    )
    .join('');
