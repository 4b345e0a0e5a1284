import { LONGEST_MESSAGE } from './judgement-shape.ts';

/** The first line that says something, of bounded length, without what a terminal would obey. */
export const firstLine = (text: string): string => {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? '';
  const clean = line.slice(0, LONGEST_MESSAGE).replaceAll(/\p{Cc}/gu, (character) => (character === '\t' ? ' ' : '�'));
  return line.length > LONGEST_MESSAGE ? `${clean.slice(0, LONGEST_MESSAGE - 1)}…` : clean;
};
