import type { CounterLimit } from '../api.ts';
import data from './nic-counters.json' with { type: 'json' };

/**
 * How fast a port's error counters may grow. No limit is CRITICAL: an error counter alone takes no node out of service,
 * and healthy ports carry totals from their past (15 buffer overruns, 14 receive errors on a healthy H100 node).
 */
export const nicCounterLimits = data.limits as readonly CounterLimit[];
