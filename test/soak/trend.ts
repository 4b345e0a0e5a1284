/** The least-squares slope of values over time, per hour. */
export const slopePerHour = (samples: readonly { readonly atMs: number; readonly value: number }[]): number => {
  const n = samples.length;
  if (n < 2) return 0;
  const meanAt = samples.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanValue = samples.reduce((sum, { value }) => sum + value, 0) / n;
  let covariance = 0;
  let variance = 0;
  for (const { atMs, value } of samples) {
    covariance += (atMs - meanAt) * (value - meanValue);
    variance += (atMs - meanAt) ** 2;
  }
  return variance === 0 ? 0 : (covariance / variance) * 3_600_000;
};

export const range = (values: readonly number[]): string => `${Math.min(...values)}–${Math.max(...values)}`;
