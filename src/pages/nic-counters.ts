import type { CounterLimit } from '../api.ts';
import { nicCounterLimits } from '../knowledge/nic-counters.ts';

const TIME: Readonly<Record<CounterLimit['window'], string>> = {
  interval: 'between two samples',
  '15m': 'in 15 min',
  '1h': 'in 1 h',
  '24h': 'in 24 h',
};

const limitOf = ({ measure, threshold, unit, window }: CounterLimit): string =>
  measure === 'rate'
    ? `${threshold} ${unit} over ${TIME[window].replace('in ', '')}`
    : `${threshold} ${unit} ${TIME[window]}`;

export const COUNTER_COLUMNS = [
  'Counter',
  'Read from',
  'Links',
  'Delta or rate',
  'More than',
  'Severity',
  'Finding',
  'Source',
] as const;

/** The table of counter limits, for people: a row for each, in the order of the columns. */
export const counterRows = (): readonly (readonly string[])[] =>
  nicCounterLimits.map((limit) => [
    limit.name,
    limit.path,
    limit.linkLayer,
    limit.measure,
    limitOf(limit),
    limit.severity,
    `${limit.check} ${limit.code}`,
    limit.source,
  ]);
