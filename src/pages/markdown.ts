/** A cell cannot hold a pipe or a line break. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

export const GENERATED = '<!-- Generated from the code by `npm run generate`; edit the code instead. -->';
