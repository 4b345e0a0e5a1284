import { decimal } from '../quantity.ts';
import type { AnswerSeries } from './answer.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const RESULT = Buffer.from('"result":[');
/** The result stands behind the status and, of VictoriaMetrics, a word or two more. */
const HEAD_BYTES = 200;
const METRIC = Buffer.from('{"metric":{');
const VALUES = Buffer.from(',"values":[');
/** What JSON reads as infinite stands for `NaN`, `+Inf` and `-Inf`, which it has no words for. */
const NO_NUMBER = Buffer.from('1e999');

const isAt = (bytes: Buffer, at: number, text: Buffer): boolean =>
  at + text.length <= bytes.length && bytes.compare(text, 0, text.length, at, at + text.length) === 0;

/** The comma behind a time at `at` that is the same as the one at `known`; undefined where it is another. */
const endOfSame = (bytes: Buffer, at: number, known: number): number | undefined => {
  for (let offset = 0; at + offset < bytes.length; offset++) {
    const byte = bytes[at + offset];
    if (byte !== bytes[known + offset]) return undefined;
    if (byte === COMMA) return at + offset;
  }
  return undefined;
};

const endOf = (byte: number, bytes: Buffer, from: number): number => {
  let at = from;
  while (at < bytes.length && bytes[at] !== byte) at++;
  return at;
};

/** Behind a flat object that begins at `from`; braces in label values are text. */
const endOfLabels = (bytes: Buffer, from: number): number => {
  let at = from;
  for (let quoted = false; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quoted && byte === BACKSLASH) at++;
    else if (byte === QUOTE) quoted = !quoted;
    else if (!quoted && byte === CLOSE_BRACE) break;
  }
  return at + 1;
};

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

interface Scanned {
  readonly labels: string;
  readonly seconds: readonly number[];
  readonly firstValue: number;
}

/** A matrix whose samples were read as bytes, and the JSON around its series, without them. */
export interface ScannedMatrix {
  readonly series: readonly Pick<AnswerSeries, 'seconds' | 'values'>[];
  /** The label sets as one JSON array. */
  readonly labels: string;
  readonly envelope: string;
}

/**
 * Reads a matrix as all servers print one: no spaces, `metric` before `values`. Undefined where the text is anything
 * else, for a parser to judge. As a million small objects the samples of 8,192 GPUs take most of a second and 100 MB; as
 * bytes, of which JSON.parse reads the numbers in one array, a third of that (measured).
 */
export const scanMatrix = (bytes: Buffer): ScannedMatrix | undefined => {
  const result = bytes.subarray(0, HEAD_BYTES).indexOf(RESULT);
  if (result < 0) return undefined;
  const numbers = Buffer.allocUnsafe(bytes.length + 1);
  numbers[0] = OPEN;
  let written = 1;
  let count = 0;
  const scanned: Scanned[] = [];
  let at = result + RESULT.length;
  // The series of an answer have the same minutes, unless there are gaps: those of the longest so far, and where they are.
  let seconds: readonly number[] = [];
  let stamps: readonly number[] = [];

  while (bytes[at] === OPEN_BRACE) {
    if (!isAt(bytes, at, METRIC)) return undefined;
    const labelsAt = at + METRIC.length - 1;
    const labelsEnd = endOfLabels(bytes, labelsAt);
    if (!isAt(bytes, labelsEnd, VALUES)) return undefined;
    at = labelsEnd + VALUES.length;
    const firstValue = count;
    let own: { readonly seconds: number[]; readonly stamps: number[] } | undefined;
    while (bytes[at] === OPEN) {
      const stamp = at + 1;
      const place = count - firstValue;
      const known = own === undefined ? stamps[place] : undefined;
      const same = known === undefined ? undefined : endOfSame(bytes, stamp, known);
      const stampEnd = same ?? endOf(COMMA, bytes, stamp);
      const text = stampEnd + 2;
      const textEnd = endOf(QUOTE, bytes, text);
      if (bytes[stampEnd + 1] !== QUOTE || bytes[textEnd + 1] !== CLOSE) return undefined;
      if (same === undefined) {
        const read = decimal(bytes.toString('latin1', stamp, stampEnd));
        if (!read.ok) return undefined;
        own ??= { seconds: seconds.slice(0, place), stamps: stamps.slice(0, place) };
        own.seconds.push(read.value);
        own.stamps.push(stamp);
      }
      if (isDigit(bytes[text]) || (bytes[text] === MINUS && isDigit(bytes[text + 1])))
        for (let byte = text; byte < textEnd; byte++) numbers[written++] = bytes[byte] ?? 0;
      else written += NO_NUMBER.copy(numbers, written);
      numbers[written++] = COMMA;
      count++;
      at = textEnd + 2;
      if (bytes[at] === COMMA) at++;
    }
    if (bytes[at] !== CLOSE || bytes[at + 1] !== CLOSE_BRACE) return undefined;
    at += 2;
    const ownSeconds =
      own?.seconds ?? (count - firstValue === seconds.length ? seconds : seconds.slice(0, count - firstValue));
    scanned.push({ labels: bytes.toString('utf8', labelsAt, labelsEnd), seconds: ownSeconds, firstValue });
    if (own !== undefined && own.seconds.length > seconds.length) ({ seconds, stamps } = own);
    if (bytes[at] === COMMA) at++;
  }
  if (bytes[at] !== CLOSE) return undefined;
  numbers[count === 0 ? written++ : written - 1] = CLOSE;
  try {
    const values = JSON.parse(numbers.toString('latin1', 0, written)) as readonly number[];
    // A text such as `1,2` is several numbers; only a parser knows what to make of it.
    if (values.length !== count) return undefined;
    return {
      series: scanned.map(({ seconds: own, firstValue }) => ({
        seconds: own,
        values: values.slice(firstValue, firstValue + own.length),
      })),
      labels: `[${scanned.map(({ labels }) => labels).join(',')}]`,
      envelope: bytes.toString('utf8', 0, result + RESULT.length) + bytes.toString('utf8', at),
    };
  } catch {
    return undefined;
  }
};
