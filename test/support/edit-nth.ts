/** Changes the occurrences of a pattern whose place (from 0) is one of those given; all without them. */
export const editNth =
  (pattern: RegExp, replacement: string, ...places: readonly number[]) =>
  (text: string): string => {
    let place = -1;
    return text.replace(pattern, (found) => {
      place += 1;
      return places.length === 0 || places.includes(place) ? replacement : found;
    });
  };
