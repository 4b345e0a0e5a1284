import type { N } from '../../api.ts';

/** A reading for a person; an absent one says why, and is never a zero. */
export const figure = (reading: N, unit: string, scale = 1, digits = 0): string =>
  reading.ok ? `${(reading.value * scale).toFixed(digits)} ${unit}` : `no value (${reading.reason})`;

/** An age in the unit that suits it. */
export const age = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7_200) return `${Math.round(whole / 60)} min`;
  return whole < 172_800 ? `${Math.round(whole / 3_600)} h` : `${Math.round(whole / 86_400)} d`;
};
