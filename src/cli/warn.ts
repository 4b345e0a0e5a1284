import { printable } from '../report/printable.ts';

/** More names than anybody reads. */
const NAMED = 5;

/** Says something on stderr that does not end the run. */
export const warn = (text: string): void => void process.stderr.write(`muster: ${printable(text)}\n`);

/** Some of the names, and how many more there are. */
export const listed = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');
