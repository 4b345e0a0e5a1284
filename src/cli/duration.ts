import { parseDuration } from '../duration.ts';
import { usageError } from '../errors.ts';

/**
 * Reads the value of an option such as `--for 4h` as seconds. A bare number is seconds, except where `needsUnit`: who
 * writes `--for 4` means hours as often as minutes.
 */
export const durationOf =
  (option: string, examples: string, { needsUnit = false } = {}) =>
  (text: string): number => {
    const read = parseDuration(text);
    if (read === undefined || read.seconds <= 0 || (needsUnit && read.unit === undefined))
      throw usageError(`${option} ${text}: write for example ${examples}`);
    return read.seconds;
  };
