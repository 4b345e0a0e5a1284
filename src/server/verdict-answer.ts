import type { Snapshot } from '../engine/snapshot.ts';
import type { ControlAnswer } from './control-protocol.ts';

/** Unix ms of the oldest fact that a check which judged something required. */
export const oldestFactAt = (snapshot: Snapshot): number =>
  Math.min(snapshot.at, ...snapshot.checks.filter(({ judged }) => judged.length > 0).map(({ factsAt }) => factsAt));

/** What a verdict is made of: the judgements, and who was judged; the readings themselves stay with the daemon. */
const forVerdicts = (snapshot: Snapshot): Snapshot => {
  const { gpus, driver, driverModule } = snapshot.facts;
  return {
    ...snapshot,
    changes: [],
    facts: {
      ...(gpus === undefined
        ? {}
        : { gpus: (gpus.ok ? { ...gpus, value: gpus.value.map(({ ref }) => ({ ref })) } : gpus) as typeof gpus }),
      ...(driver === undefined ? {} : { driver }),
      ...(driverModule === undefined ? {} : { driverModule }),
    },
  };
};

/** The answer to `verdict`: `{ok: true, snapshot, age_seconds}`, or why there is none that young. `now` is Unix ms. */
export const verdictAnswer = (
  snapshot: Snapshot | undefined,
  {
    now,
    maxAgeSeconds = Number.POSITIVE_INFINITY,
    readings = false,
  }: { readonly now: number; readonly maxAgeSeconds?: number; readonly readings?: boolean },
): ControlAnswer => {
  if (snapshot === undefined) return { ok: false, error: 'nothing is judged yet; ask again in some seconds' };
  const ageSeconds = (now - oldestFactAt(snapshot)) / 1000;
  // A clock that was set back makes facts of the future: they are of no known age.
  if (ageSeconds < 0) return { ok: false, error: 'the clock was set back after the last reading; ask again soon' };
  if (ageSeconds > maxAgeSeconds)
    return { ok: false, error: `the oldest fact is ${ageSeconds.toFixed(1)} s old, older than ${maxAgeSeconds} s` };
  return { ok: true, snapshot: readings ? snapshot : forVerdicts(snapshot), age_seconds: ageSeconds };
};
