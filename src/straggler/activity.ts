import type { GpuMinute } from '../api.ts';
import { isWorking } from './busy.ts';
import { RULES } from './rules.ts';

/** Whether a minute of a job is worth comparing. */
export type Activity = 'working' | 'idle' | 'warming-up' | 'other-phase';

export interface ActivityWatch {
  next(at: number, minutes: readonly GpuMinute[]): Activity;
}

/** The weight of a new minute in what a GPU usually draws: about a quarter of an hour. */
const NEW_MINUTE = 1 / 15;

/**
 * A job that idles, begins, or does something else with all of its GPUs at once (a checkpoint, an evaluation) says
 * nothing about one of them. `sawStart`: the job was not there before, so that its first minutes are a warm-up.
 */
export const createActivityWatch = (o: { readonly sawStart: boolean }): ActivityWatch => {
  const usualWatts = new Map<string, number>();
  let workingSince = o.sawStart ? undefined : Number.NEGATIVE_INFINITY;
  let idleSince: number | undefined;

  const isOtherPhase = (minutes: readonly GpuMinute[]): boolean => {
    let known = 0;
    let dropped = 0;
    for (const { ref, window } of minutes) {
      const usual = usualWatts.get(ref.key);
      if (usual === undefined || window?.powerWatts === undefined) continue;
      known += 1;
      if (window.powerWatts < usual * (1 - RULES.phase.drop)) dropped += 1;
    }
    return known > 0 && dropped >= RULES.phase.share * known;
  };

  const learn = (minutes: readonly GpuMinute[]): void => {
    for (const { ref, window } of minutes) {
      const watts = window?.powerWatts;
      if (watts === undefined) continue;
      const usual = usualWatts.get(ref.key) ?? watts;
      usualWatts.set(ref.key, usual + (watts - usual) * NEW_MINUTE);
    }
  };

  return {
    next: (at, minutes) => {
      const present = minutes.filter(({ window }) => window !== undefined);
      if (!present.some(({ window }) => isWorking(window))) {
        idleSince ??= at;
        // After a long pause caches are cold and GPUs cool, as at the beginning.
        if (at - idleSince >= RULES.warmUpMinutes * 60_000) {
          workingSince = undefined;
          usualWatts.clear();
        }
        return 'idle';
      }
      idleSince = undefined;
      workingSince ??= at;
      if (at - workingSince < RULES.warmUpMinutes * 60_000) return 'warming-up';
      const other = isOtherPhase(present);
      // A phase that lasts becomes what is usual.
      learn(present);
      return other ? 'other-phase' : 'working';
    },
  };
};
