/** `*` stands for anything, slashes too: `gpu/*` and `*-drift` are what people write. */
export const matchesGlob = (pattern: string, id: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(id);
