/** The first line that says anything, shortened. */
export const firstLine = (text: string): string | undefined => {
  const line = text
    .split('\n')
    .map((candidate) => candidate.trim())
    .find((candidate) => candidate !== '');
  return line === undefined || line.length <= 160 ? line : `${line.slice(0, 160)}…`;
};
