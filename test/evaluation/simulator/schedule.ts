import { between, type Random } from './random.ts';
import type { Pause, Workload } from './workload.ts';

/** What the whole job does at a time. */
export type Activity = 'train' | 'checkpoint' | 'evaluation' | 'rollout' | 'restart' | 'idle' | 'serve' | 'one_gpu';

export interface Segment {
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  readonly activity: Activity;
}

const PAUSES = ['restart', 'idle', 'evaluation', 'checkpoint', 'rollout'] as const;

/** The pauses of a job in order; they do not overlap, and between them it works. */
export const scheduleOf = (workload: Workload, durationSeconds: number, random: Random): readonly Segment[] => {
  if (workload.name === 'inference') return [{ fromSeconds: 0, untilSeconds: durationSeconds, activity: 'serve' }];
  if (workload.name === 'mpi_one_gpu') return [{ fromSeconds: 0, untilSeconds: durationSeconds, activity: 'one_gpu' }];
  const wanted = PAUSES.flatMap((activity) => {
    const pause: Pause | undefined = workload[activity];
    if (pause === undefined) return [];
    const found: { at: number; seconds: number; activity: Activity }[] = [];
    for (let at = pause.everySeconds * between(random, 0.5, 1); at < durationSeconds; ) {
      const seconds = pause.seconds * between(random, 0.8, 1.25);
      found.push({ at, seconds, activity });
      at += pause.everySeconds * between(random, 0.9, 1.1) + seconds;
    }
    return found;
  }).sort((a, b) => a.at - b.at);
  const segments: Segment[] = [];
  let now = 0;
  for (const { at, seconds, activity } of wanted) {
    if (at < now) continue;
    segments.push({ fromSeconds: now, untilSeconds: at, activity: 'train' });
    segments.push({ fromSeconds: at, untilSeconds: at + seconds, activity });
    now = at + seconds;
  }
  return [...segments, { fromSeconds: now, untilSeconds: Math.max(now, durationSeconds) + 1, activity: 'train' }];
};
