import type { CounterLimit } from '../api.ts';
import data from './nic-counters.json' with { type: 'json' };

/**
 * How fast a port's counters may grow. No limit is CRITICAL: a counter alone takes no node out of service, and healthy
 * ports carry totals from their past (15 buffer overruns, 14 receive errors on a healthy H100 node).
 */
export const nicCounterLimits: readonly CounterLimit[] = data.limits.map(
  ({ link_layer: linkLayer, compare_with_siblings: compareWithSiblings, ...row }) =>
    ({ ...row, linkLayer, compareWithSiblings }) as CounterLimit,
);
