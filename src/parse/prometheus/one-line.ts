const LONGEST_QUOTE = 160;

/** What a server said, fit for one line of a terminal. */
export const oneLine = (text: string): string => {
  const line = text
    .slice(0, 4 * LONGEST_QUOTE)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
};
