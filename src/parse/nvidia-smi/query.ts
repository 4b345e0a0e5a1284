import { absent, type Component, type GpuSample, known, type Reading, type ThrottleReason } from '../../api.ts';
import { csvFields } from '../csv.ts';
import { ownText } from '../own-text.ts';
import { decimalBetween, hex } from '../quantity.ts';
import { COLUMNS, type Column, type NumberColumn, type OpenSample } from './query-columns.ts';
import { gpuOfTexts, type IdentityTexts } from './query-identity.ts';
import { throttledReasons } from './query-reasons.ts';
import { createTimeReader } from './query-time.ts';

/**
 * The lines of `nvidia-smi --query-gpu=COLUMNS --format=csv[,nounits] [-l SECONDS]`. They come by the million, so a
 * line is cut once, and its fields are read where they stand.
 */

export interface QuerySample {
  readonly ref: Component;
  readonly model?: string;
  readonly sample: GpuSample;
}

/** What a header line asks of each of the lines that follow it. It remembers which GPUs they were about. */
export interface QueryColumns {
  readonly count: number;
  /** The line between two places of a text: cutting it out first would cost as much as reading it. */
  readonly read: (text: string, from: number, to: number) => Reading<QuerySample>;
}

type IdentityName = keyof IdentityTexts;

interface FieldReader {
  readonly name: string;
  readonly position: number;
  readonly column: Column;
  /** The header has the unit in brackets: then either all values carry it or none does. */
  readonly hasUnit: boolean;
}

interface KnownGpu {
  readonly texts: readonly string[];
  readonly gpu: Omit<QuerySample, 'sample'>;
}

const SPACE = 32;
const QUOTED = 40;
/** More than a node has: garbage that looks like UUIDs must not fill the memory. */
const MOST_REMEMBERED = 4096;
const MICROSECONDS: Omit<NumberColumn, 'put'> = {
  kind: 'number',
  unit: 'us',
  adds: false,
  multiply: 1,
  divide: 1e6,
  least: 0,
  most: Number.MAX_SAFE_INTEGER,
};
const ALL_REASONS = 0x1ff;
/** Columns that say something of what a GPU does, beside which it is and when. */
const TELLING: ReadonlySet<Column['kind']> = new Set(['number', 'seconds', 'flag', 'active']);
const VALUES: ReadonlySet<Column['kind']> = new Set([...TELLING, 'supported']);
const DAMAGED = Number.POSITIVE_INFINITY;

const quoted = (text: string): string => JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text);

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The words that nvidia-smi prints where a value should be are in brackets or begin with a letter: `[N/A]`, `N/A`. */
const isWord = (code: number): boolean => code === 91 || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

/** `power.draw [W]` as name and unit. */
const named = (field: string): { readonly name: string; readonly unit?: string } => {
  const text = field.trim().toLowerCase();
  const bracket = text.indexOf('[');
  if (bracket < 0 || !text.endsWith(']')) return { name: text };
  return { name: text.slice(0, bracket).trim(), unit: field.trim().slice(bracket + 1, -1) };
};

const unitOf = (column: Column): string =>
  column.kind === 'number' ? column.unit : column.kind === 'seconds' ? MICROSECONDS.unit : '';

const readersOf = (fields: readonly string[]): readonly FieldReader[] => {
  const order = new Map([...COLUMNS.keys()].map((name, place) => [name, place]));
  const adding = new Set<Column>();
  return fields
    .flatMap((field, position): FieldReader[] => {
      const { name, unit } = named(field);
      const column = COLUMNS.get(name);
      // In a unit that NVIDIA does not print there the value may mean something else.
      if (column === undefined || (unit !== undefined && unit !== unitOf(column))) return [];
      return [{ name, position, column, hasUnit: unit !== undefined }];
    })
    .sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0))
    .filter(({ column }) => {
      if (column.kind !== 'number' || !column.adds) return true;
      if (adding.has(column)) return false;
      adding.add(column);
      return true;
    });
};

const IDENTITIES: readonly IdentityName[] = ['index', 'uuid', 'pciBusId', 'model', 'mig'];

const columnsOf = (readers: readonly FieldReader[], count: number): QueryColumns => {
  const timeOf = createTimeReader();
  const timePosition = readers.find(({ column }) => column.kind === 'timestamp')?.position ?? -1;
  const identities = IDENTITIES.flatMap((kind) => {
    const reader = readers.find(({ column }) => column.kind === kind);
    return reader === undefined ? [] : [{ kind, position: reader.position }];
  });
  const kinds = new Set(identities.map(({ kind }) => kind));
  // Where index and UUID are those of a GPU that is known, so are its name and address.
  const isTold = kinds.has('index') && kinds.has('uuid');
  const telling = identities.flatMap(({ kind, position }, place) =>
    isTold && (kind === 'model' || kind === 'pciBusId') ? [] : [{ position, place }],
  );
  const values = readers.filter(({ column }) => VALUES.has(column.kind));
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const masks = new Map<string, number>();
  let gpus: KnownGpu[] = [];
  let turn = 0;
  let carriesUnits = false;

  const textAt = (line: string, position: number): string => line.slice(from[position], to[position]);

  /** Cuts the line; answers with the number of fields. */
  const cut = (line: string, lineStart: number, lineEnd: number): number => {
    let fields = 0;
    let start = lineStart;
    while (start <= lineEnd) {
      const comma = line.indexOf(',', start);
      const at = comma < 0 || comma > lineEnd ? lineEnd : comma;
      if (fields < count) {
        let first = start;
        let last = at;
        while (first < last && line.charCodeAt(first) <= SPACE) first += 1;
        while (last > first && line.charCodeAt(last - 1) <= SPACE) last -= 1;
        from[fields] = first;
        to[fields] = last;
      }
      fields += 1;
      start = at + 1;
    }
    return fields;
  };

  const isSame = (line: string, { texts }: KnownGpu): boolean => {
    for (let i = 0; i < telling.length; i += 1) {
      const { position, place } = telling[i] ?? { position: 0, place: 0 };
      const text = texts[place] ?? '';
      const start = from[position] ?? 0;
      if ((to[position] ?? 0) - start !== text.length || !line.startsWith(text, start)) return false;
    }
    return true;
  };

  const gpuOf = (line: string): KnownGpu | string => {
    // nvidia-smi prints the GPUs in turn.
    for (let tried = 0; tried < gpus.length; tried += 1) {
      turn = turn + 1 >= gpus.length ? 0 : turn + 1;
      const candidate = gpus[turn];
      if (candidate !== undefined && isSame(line, candidate)) return candidate;
    }
    const texts = identities.map(({ position }) => ownText(textAt(line, position)));
    const byKind = Object.fromEntries(identities.map(({ kind }, i) => [kind, texts[i]])) as IdentityTexts;
    const ref = gpuOfTexts(
      byKind,
      gpus.map(({ gpu }) => gpu.ref),
    );
    if (typeof ref === 'string') return ref;
    const gpu: KnownGpu = { texts, gpu: { ref, ...(ref.model === undefined ? {} : { model: ref.model }) } };
    gpus = gpus.length >= MOST_REMEMBERED ? [gpu] : [...gpus, gpu];
    turn = gpus.length - 1;
    return gpu;
  };

  /** The number in its unit as printed; NaN where a word stands for it. */
  const numberIn = (line: string, start: number, end: number, unit: string, hasUnit: boolean): number => {
    if (start === end || isWord(line.charCodeAt(start))) return Number.NaN;
    if (isDigit(line.charCodeAt(end - 1))) {
      const bare = decimalBetween(line, start, end);
      // `63` of `631.95 W`: the line was cut there.
      return Number.isNaN(bare) || (hasUnit && carriesUnits) ? DAMAGED : bare;
    }
    if (unit === '' || !line.endsWith(unit, end)) return DAMAGED;
    let last = end - unit.length;
    while (last > start && line.charCodeAt(last - 1) === SPACE) last -= 1;
    const value = decimalBetween(line, start, last);
    if (Number.isNaN(value)) return DAMAGED;
    if (hasUnit) carriesUnits = true;
    return value;
  };

  const maskIn = (line: string, start: number, end: number): number => {
    if (start === end || isWord(line.charCodeAt(start))) return Number.NaN;
    const text = line.slice(start, end);
    const seen = masks.get(text);
    if (seen !== undefined) return seen;
    const read = text.startsWith('0x') ? hex(text) : undefined;
    if (!read?.ok) return DAMAGED;
    // Only the low bits have names; the value is far below 2^53.
    const mask = Number(BigInt(read.value) & BigInt(ALL_REASONS));
    if (masks.size < MOST_REMEMBERED) masks.set(ownText(text), mask);
    return mask;
  };

  const damaged = (line: string, { name, position }: FieldReader): Reading<QuerySample> =>
    absent('failed', `${quoted(textAt(line, position))} is no value of ${name}`);

  const read = (line: string, lineStart: number, lineEnd: number): Reading<QuerySample> => {
    const fields = cut(line, lineStart, lineEnd);
    if (fields !== count) return absent('failed', `${fields} fields, the header has ${count}`);
    const at = timeOf(line, from[timePosition] ?? 0, to[timePosition] ?? 0);
    if (Number.isNaN(at)) return absent('failed', `${quoted(textAt(line, timePosition))} is no time of nvidia-smi`);
    const gpu = gpuOf(line);
    if (typeof gpu === 'string') return absent('failed', gpu);

    const sample: OpenSample = { at };
    let throttleSeconds: Partial<Record<ThrottleReason, number>> | undefined;
    let supported = ALL_REASONS;
    let said = 0;
    let active = 0;
    for (let i = 0; i < values.length; i += 1) {
      const reader = values[i];
      if (reader === undefined) break;
      const { column, hasUnit, position } = reader;
      const start = from[position] ?? 0;
      const end = to[position] ?? 0;
      if (column.kind === 'number') {
        const value = numberIn(line, start, end, column.unit, hasUnit);
        if (Number.isNaN(value)) continue;
        if (value < column.least || value > column.most) return damaged(line, reader);
        column.put(sample, column.divide === 1 ? value * column.multiply : value / column.divide);
      } else if (column.kind === 'flag') {
        const length = end - start;
        if (length === 10 && line.startsWith('Not Active', start)) {
          said |= column.bit;
          active &= ~column.bit;
        } else if (length === 6 && line.startsWith('Active', start)) {
          said |= column.bit;
          active |= column.bit;
        } else if (length > 0 && !isWord(line.charCodeAt(start))) return damaged(line, reader);
      } else if (column.kind === 'seconds') {
        const value = numberIn(line, start, end, MICROSECONDS.unit, hasUnit);
        if (Number.isNaN(value)) continue;
        if (value < MICROSECONDS.least || value > MICROSECONDS.most) return damaged(line, reader);
        throttleSeconds ??= {};
        throttleSeconds[column.reason] = value / MICROSECONDS.divide;
      } else {
        const mask = maskIn(line, start, end);
        if (Number.isNaN(mask)) continue;
        if (mask === DAMAGED) return damaged(line, reader);
        if (column.kind === 'supported') supported = mask;
        else {
          said |= supported;
          active |= mask;
        }
      }
    }
    if (said !== 0) sample.throttled = throttledReasons(said, active);
    if (throttleSeconds !== undefined) sample.throttleSeconds = throttleSeconds;
    const { ref, model } = gpu.gpu;
    return known(model === undefined ? { ref, sample } : { ref, model, sample });
  };

  return { count, read };
};

/**
 * Spreadsheets and CSV writers put fields in quotes. Only where they do so in the header is a line taken apart for it: it
 * costs several times as much as reading it where it stands.
 */
const withoutQuotes = (columns: QueryColumns): QueryColumns => ({
  count: columns.count,
  read: (text, from, to) => {
    const fields = csvFields(text.slice(from, to));
    if (fields.length !== columns.count)
      return absent('failed', `${fields.length} fields, the header has ${columns.count}`);
    // No value of nvidia-smi that is read has a comma in it.
    const line = fields.map((field) => field.replaceAll(',', ' ')).join(',');
    return columns.read(line, 0, line.length);
  },
});

/**
 * What a header line says of the lines that follow. `failed` where the line is no header at all, `unsupported` where it
 * is one whose lines could not be used, with what to ask nvidia-smi for.
 */
export const readQueryHeader = (line: string): Reading<QueryColumns> => {
  const isQuoted = line.includes('"');
  const own = ownText(line);
  const fields = isQuoted ? csvFields(own) : own.split(',');
  const readers = readersOf(fields);
  const kinds = new Set(readers.map(({ column }) => column.kind));
  // A product name or "Active" is no column; one known name among values would be chance.
  if (readers.length < 2 || fields.some((field) => field.trim() === '' || isDigit(field.trim().charCodeAt(0))))
    return absent('failed', `${quoted(line)} is no header of nvidia-smi --query-gpu`);
  if (!kinds.has('timestamp')) return absent('unsupported', 'no column timestamp; add it to --query-gpu');
  if (!kinds.has('index') && !kinds.has('uuid') && !kinds.has('pciBusId'))
    return absent('unsupported', 'no column says which GPU; add index or uuid to --query-gpu');
  if (!readers.some(({ column }) => TELLING.has(column.kind)))
    return absent(
      'unsupported',
      'no column tells how fast a GPU is; add utilization.gpu,clocks.sm,power.draw to --query-gpu',
    );
  const columns = columnsOf(readers, fields.length);
  return known(isQuoted ? withoutQuotes(columns) : columns);
};

/** What a line says of one GPU. A line that is cut, or ran into another, says nothing at all. */
export const readQueryLine = (columns: QueryColumns, line: string): Reading<QuerySample> =>
  columns.read(line, 0, line.length);
