import type { B, N } from '../api.ts';

export type Labels = Readonly<Record<string, string>>;

/** One series with its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Labels without the empty ones: to Prometheus an empty label is no label. */
const present = (labels: Readonly<Record<string, string | undefined>>): Labels => {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) if (value !== undefined && value !== '') kept[name] = value;
  return kept;
};

export const sample = (
  name: string,
  value: number,
  labels: Readonly<Record<string, string | undefined>> = {},
): Sample => ({ name, value, labels: present(labels) });

/** A reading as a series; an absent one is no series, never a zero. */
export const fromReading = (
  name: string,
  reading: N | B,
  labels: Readonly<Record<string, string | undefined>> = {},
  scale = 1,
): readonly Sample[] => (reading.ok ? [sample(name, Number(reading.value) * scale, labels)] : []);

/** One series for each state: 1 for the one that holds, 0 for the others. */
export const stateSet = (
  name: string,
  states: readonly string[],
  current: string,
  labels: Readonly<Record<string, string | undefined>> = {},
): readonly Sample[] => states.map((state) => sample(name, state === current ? 1 : 0, { ...labels, state }));
