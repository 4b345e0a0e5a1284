const positive = (digits: string | undefined): number | undefined => {
  const value = digits === undefined ? Number.NaN : Number(digits);
  return Number.isFinite(value) && value > 0 ? value : undefined;
};

/** `btime` of /proc/stat as Unix ms. */
export const bootTimeOf = (stat: string): number | undefined => {
  const seconds = positive(/^btime (\d{1,12})$/m.exec(stat)?.[1]);
  return seconds === undefined ? undefined : seconds * 1000;
};

/** /proc/uptime: `350735.47 234388.90`. */
export const uptimeSeconds = (uptime: string): number | undefined =>
  positive(/^(\d{1,12}(?:\.\d+)?)\s/.exec(uptime)?.[1]);
