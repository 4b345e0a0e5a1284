import { type Absent, type Known, known, type Reading } from '../../src/api.ts';

type Values<T> = { readonly [K in keyof T]: T[K] extends Reading<infer V> ? V : never };

/** Several readings as one: absent as soon as one of them is. */
export const together = <const T extends Readonly<Record<string, Reading<unknown>>>>(
  readings: T,
): Reading<Values<T>> => {
  const values: Record<string, unknown> = {};
  for (const [name, reading] of Object.entries(readings)) {
    if (!reading.ok) return reading;
    values[name] = reading.value;
  }
  return known(values as Values<T>);
};

/** The values that are there. */
export const knownOf = <T>(readings: readonly Reading<T>[]): readonly T[] =>
  readings.filter((reading): reading is Known<T> => reading.ok).map(({ value }) => value);

/** The machine lacks the value for good, as opposed to a source that failed to give it. */
export const isNotProvided = ({ reason }: Absent): boolean => reason === 'unsupported' || reason === 'deprecated';
