import type { Reading, S } from '../api.ts';

/** What a parser makes of a text that was read, or the absence of the text. */
export const parsed = <T>(text: S, parse: (text: string) => Reading<T>): Reading<T> =>
  text.ok ? parse(text.value) : text;
