const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
};

/** The name a person probably meant: the shortest that begins so, else one of which at most a third of the letters differ. */
export const nearest = (typed: string, names: readonly string[]): string | undefined => {
  const [begun] = names
    .filter((name) => typed.length > 3 && name.startsWith(typed.toLowerCase()))
    .sort((a, b) => a.length - b.length);
  if (begun !== undefined) return begun;
  const ranked = names
    .map((name) => ({ name, edits: distance(typed.toLowerCase(), name) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
};

/** `unknown fault "pwer-brake"; did you mean "power-brake"? known: …` */
export const unknownName = (what: string, typed: string, names: readonly string[]): string => {
  const near = nearest(typed, names);
  return `unknown ${what} "${typed}"${near ? `; did you mean "${near}"?` : ';'} known: ${names.join(', ')}`;
};
