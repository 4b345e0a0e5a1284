import { printable } from '../../report/printable.ts';
import type { Entry } from './entry.ts';

/** Where every number of the file comes from. */
export interface Provenance {
  readonly source: string;
}

/** One line, whatever tools printed. */
export const comment = (text: string, indent = ''): string => `${indent}# ${printable(text)}`;

const scalar = (value: string | number | readonly string[]): string =>
  typeof value === 'object' ? `[${value.map((name) => JSON.stringify(name)).join(', ')}]` : JSON.stringify(value);

const line = (entry: Entry, indent: string, { source }: Provenance): readonly string[] => {
  if ('leftOut' in entry) return [comment(`${entry.key}: ${entry.leftOut}`, indent)];
  const value = `${indent}${entry.key}: { value: ${scalar(entry.value)}, source: ${JSON.stringify(source)}, confidence: measured }`;
  return entry.remark === undefined ? [value] : [comment(`${entry.key}: ${entry.remark}`, indent), value];
};

export const lines = (entries: readonly Entry[], indent: string, from: Provenance): readonly string[] =>
  entries.flatMap((entry) => line(entry, indent, from));

const hasValue = (entries: readonly Entry[]): boolean => entries.some((entry) => 'value' in entry);

/** A mapping; without a value of its own only the reasons are left. */
export const section = (key: string, entries: readonly Entry[], from: Provenance): readonly string[] =>
  hasValue(entries)
    ? [`${key}:`, ...lines(entries, '  ', from)]
    : entries.map((entry) => comment(`${key}.${entry.key}: ${'leftOut' in entry ? entry.leftOut : ''}`));

/** A list of mappings, each under a key of its own. */
export const list = (
  key: string,
  items: readonly { readonly head: string; readonly entries: readonly Entry[] }[],
  from: Provenance,
): readonly string[] =>
  items.length === 0
    ? [comment(`${key}: none that is in use`)]
    : [`${key}:`, ...items.flatMap(({ head, entries }) => [`  - ${head}`, ...lines(entries, '    ', from)])];

/** Lines that count only once somebody takes the mark away. */
export const offered = (key: string, entries: readonly Entry[]): readonly string[] => [
  `# ${key}:`,
  ...entries.map((entry) =>
    'value' in entry
      ? `#   ${entry.key}: ${scalar(entry.value)}`
      : `#   # ${printable(`${entry.key}: ${entry.leftOut}`)}`,
  ),
];
