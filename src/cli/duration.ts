import { usageError } from '../errors.ts';

const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads the value of an option such as `--for 4h` as seconds. A bare number is seconds, except where `needsUnit`: who
 * writes `--for 4` means hours as often as minutes.
 */
export const durationOf =
  (option: string, examples: string, { needsUnit = false } = {}) =>
  (text: string): number => {
    const [, count, unit] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
    const value =
      count === undefined || (needsUnit && unit === undefined)
        ? Number.NaN
        : Number(count) * (UNIT_SECONDS[unit ?? 's'] ?? Number.NaN);
    if (!(value > 0)) throw usageError(`${option} ${text}: write for example ${examples}`);
    return value;
  };
