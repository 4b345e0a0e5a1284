import { LONGEST_MESSAGE } from './judgement-shape.ts';

/** Bounded, and without what a terminal would obey. */
const shortened = (line: string, longest: number): string => {
  const cut = line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
  return cut.replaceAll(/\p{Cc}/gu, (character) => (character === '\t' ? ' ' : '�'));
};

/** The first line that says something: the message of a plugin. */
export const firstLine = (text: string): string =>
  shortened(text.split('\n').find((one) => one.trim() !== '') ?? '', LONGEST_MESSAGE);

/** The last one, where programs say on their standard error why they give up. */
export const lastLine = (text: string): string => shortened(text.trim().split('\n').at(-1) ?? '', 200);
