import { familyOf, type MetricFamily } from './catalogue.ts';
import type { Sample } from './sample.ts';

export type MetricsDetail = 'standard' | 'minimal';

/** What `detail` shows: with `minimal` fewer families, and of a StateSet only the state that holds. */
export const inDetail = (samples: readonly Sample[], detail: MetricsDetail): readonly Sample[] =>
  detail === 'standard'
    ? samples
    : samples.filter(({ name, value }) => {
        const { minimal, stateSet } = familyOf(name);
        return minimal === true && !(stateSet === true && value === 0);
      });

const STEPS: readonly MetricFamily['dropped'][] = ['first: windows', 'second: port errors', 'third: readings'];

/** Drops whole families until the rest fits. Status and findings stay even where they alone exceed the cap. */
export const capped = (
  samples: readonly Sample[],
  maxSeries: number,
): { readonly samples: readonly Sample[]; readonly truncated: boolean } => {
  let kept = samples;
  for (const step of STEPS) {
    if (kept.length <= maxSeries) break;
    kept = kept.filter(({ name }) => familyOf(name).dropped !== step);
  }
  return { samples: kept, truncated: kept.length < samples.length };
};
