const UNIT_SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;

export type DurationUnit = keyof typeof UNIT_SECONDS;

/**
 * Reads `500ms`, `1.5h` or `35d` as seconds; a bare number is seconds. Nothing for anything else. What a place does not
 * allow (units, fractions, a missing unit) it refuses itself, in words of its own.
 */
export const parseDuration = (text: string): { readonly seconds: number; readonly unit?: DurationUnit } | undefined => {
  const [, count, written] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const unit = written as DurationUnit | undefined;
  return { seconds: Number(count) * UNIT_SECONDS[unit ?? 's'], ...(unit === undefined ? {} : { unit }) };
};

/** The same for text that was found to be a duration; NaN, which no limit admits, where it is none. */
export const secondsOf = (text: string): number => parseDuration(text)?.seconds ?? Number.NaN;

/** RFC 3339 §5.6: date, time and the zone without which nobody knows when it is. */
const RFC_3339 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$/;

/** A time as RFC 3339 writes it, in Unix ms; NaN where the text is none. */
export const timeOf = (text: string): number =>
  RFC_3339.test(text) ? Date.parse(text.toUpperCase().replace(' ', 'T')) : Number.NaN;
