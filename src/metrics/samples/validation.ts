import type { Verdict } from '../../engine/snapshot.ts';
import { CHECK_STATES, type LEVELS } from '../labels.ts';
import { type Sample, sample, stateSet } from '../sample.ts';
import { checkStateOf } from '../status.ts';

/** The last validation of one level. */
export interface ValidationOutcome {
  readonly level: (typeof LEVELS)[number];
  readonly verdict: Verdict;
  /** Unix ms at its end. */
  readonly endedAt: number;
  readonly durationSeconds: number;
}

export const validationSamples = (validations: readonly ValidationOutcome[]): readonly Sample[] =>
  validations.flatMap(({ level, verdict, endedAt, durationSeconds }) => [
    // A validation that judged nothing at all has found nothing out.
    ...stateSet('muster_validation_status', CHECK_STATES, checkStateOf(verdict) ?? 'unknown', { level }),
    sample('muster_validation_last_timestamp_seconds', endedAt / 1000, { level }),
    sample('muster_validation_duration_seconds', durationSeconds, { level }),
  ]);
