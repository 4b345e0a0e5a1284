import { absent, type B, known, type N, type S } from '../api.ts';
import { absenceOf } from './absence.ts';

/** The one place where text becomes a number. The whole text must match; anything else is an absence, never a guess. */

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
const HEX = /^(?:0x)?[0-9a-f]+$/i;
const LONGEST_QUOTE = 60;

const quote = (text: string): string =>
  JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);

/** A value in a wrong shape: 'failed', with what was expected and what was printed. */
export const unreadable = (text: string, expected: string) => absent('failed', `${quote(text)} is not ${expected}`);

const number = (digits: string, pattern: RegExp, text: string, expected: string): N => {
  if (!pattern.test(digits)) return unreadable(text, expected);
  const value = Number(digits);
  // -0 and 0 compare equal everywhere but in a snapshot, where they would make two equal readings differ.
  return Number.isFinite(value) ? known(value === 0 ? 0 : value) : unreadable(text, expected);
};

/** A whole number. Counters above 2^53 give the nearest number. */
export const integer = (text: string): N =>
  absenceOf(text) ?? number(text.trim(), INTEGER, text.trim(), 'a whole number');

/** A number with or without a fraction. */
export const decimal = (text: string): N => absenceOf(text) ?? number(text.trim(), DECIMAL, text.trim(), 'a number');

const ZERO = 48;
const NINE = 57;
const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

// A whole number below 2^53 and a power of ten up to 10^22 are exact, so their quotient is the nearest number
// (Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990): what Number() gives for the same text.
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

/**
 * The number with or without a fraction that stands between two places of a line; NaN where anything else stands there.
 * For lines that come by the million: unlike `decimal` it makes no string and no reading.
 */
export const decimalBetween = (line: string, from: number, to: number): number => {
  const isNegative = line.charCodeAt(from) === 45;
  let value = 0;
  let digits = 0;
  let point = -1;
  for (let at = isNegative ? from + 1 : from; at < to; at += 1) {
    const code = line.charCodeAt(at);
    if (isDigit(code)) {
      value = value * 10 + (code - ZERO);
      digits += 1;
    } else if (code === 46 && point < 0 && digits > 0) point = digits;
    else return Number.NaN;
  }
  if (digits === 0 || point === digits) return Number.NaN;
  if (digits > EXACT_DIGITS) return Number(line.slice(from, to));
  const size = point < 0 ? value : value / (POWERS_OF_TEN[digits - point] ?? Number.NaN);
  return isNegative && size !== 0 ? -size : size;
};

/** The whole number that so many digits of a line spell; NaN where one of them is none. */
export const digitsAt = (line: string, from: number, count: number): number => {
  let value = 0;
  for (let at = from; at < from + count; at += 1) {
    const code = line.charCodeAt(at);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + (code - ZERO);
  }
  return value;
};

/** A hexadecimal number, with or without `0x`. */
export const hex = (text: string): N => {
  const given = absenceOf(text);
  if (given) return given;
  const printed = text.trim();
  if (!HEX.test(printed)) return unreadable(printed, 'a hexadecimal number');
  const value = Number(/^0x/i.test(printed) ? printed : `0x${printed}`);
  return Number.isFinite(value) ? known(value) : unreadable(printed, 'a hexadecimal number');
};

/** `67.74 W` with unit `W` gives 67.74, `16x` with unit `x` gives 16, `27 C` with unit `C` gives 27. */
export const quantity = (text: string, unit: string): N => {
  const given = absenceOf(text);
  if (given) return given;
  const printed = text.trim();
  if (!printed.endsWith(unit)) return unreadable(printed, `a number of ${unit}`);
  return number(printed.slice(0, -unit.length).trim(), DECIMAL, printed, `a number of ${unit}`);
};

const scaled =
  (factors: Readonly<Record<string, number>>, expected: string) =>
  (text: string): N => {
    const given = absenceOf(text);
    if (given) return given;
    const printed = text.trim();
    const split = /^([+-]?\d+(?:\.\d+)?)\s*([A-Za-z%]+)$/.exec(printed);
    const [, digits, unit] = split ?? [];
    const factor = unit !== undefined && Object.hasOwn(factors, unit) ? factors[unit] : undefined;
    if (digits === undefined || factor === undefined) return unreadable(printed, expected);
    const value = number(digits, DECIMAL, printed, expected);
    return value.ok ? known(value.value * factor) : value;
  };

/** `1980 MHz` in hertz. */
export const hertz = scaled({ Hz: 1, KHz: 1e3, kHz: 1e3, MHz: 1e6, GHz: 1e9 }, 'a frequency');

/** `81559 MiB` in bytes. nvidia-smi means binary units by both spellings (NVIDIA nvidia-smi manual: "MB" until R515). */
export const bytes = scaled(
  { B: 1, KiB: 2 ** 10, KB: 2 ** 10, MiB: 2 ** 20, MB: 2 ** 20, GiB: 2 ** 30, GB: 2 ** 30 },
  'an amount of memory',
);

const perSecond = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 } as const;

/** `7015662857 us` in seconds. Divides, so that whole microseconds give the nearest decimal. */
export const seconds = (text: string): N => {
  const given = absenceOf(text);
  if (given) return given;
  const printed = text.trim();
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(s|ms|us|ns)$/.exec(printed) ?? [];
  if (digits === undefined || unit === undefined) return unreadable(printed, 'a duration');
  const value = number(digits, DECIMAL, printed, 'a duration');
  return value.ok ? known(value.value / perSecond[unit as keyof typeof perSecond]) : value;
};

/** `27 C`. */
export const celsius = (text: string): N => quantity(text, 'C');

/** `67.74 W`. */
export const watts = (text: string): N => quantity(text, 'W');

/** `37 %` as 0.37. */
export const ratio = (text: string): N => {
  const percent = quantity(text, '%');
  return percent.ok ? known(percent.value / 100) : percent;
};

/** One of two words, in any case: `flag('Yes', 'Yes', 'No')`. */
export const flag = (text: string, yes: string, no: string): B => {
  const given = absenceOf(text);
  if (given) return given;
  const printed = text.trim().toLowerCase();
  if (printed === yes.toLowerCase()) return known(true);
  if (printed === no.toLowerCase()) return known(false);
  return unreadable(text.trim(), `${yes} or ${no}`);
};

/** Text as printed, unless it is one of the words for an absence. */
export const words = (text: string): S => absenceOf(text) ?? known(text.trim());
