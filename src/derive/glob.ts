/** `*` stands for anything, slashes too: `gpu/*` and `*-drift` are what people write. Linear: no pattern holds us up. */
export const matchesGlob = (pattern: string, id: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === id;
  if (!id.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = id.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return id.length - last.length >= from && id.endsWith(last);
};
