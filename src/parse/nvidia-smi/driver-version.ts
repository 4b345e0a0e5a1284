/** `580.105.08` as [580, 105, 8]; undefined for text that is no version. */
export const versionParts = (text: string): readonly number[] | undefined =>
  /^\d+(?:\.\d+)*$/.test(text) ? text.split('.').map(Number) : undefined;

/** Whether a driver is of `since` or later. Undefined where its version is not known. */
export const atLeast = (driver: string | undefined, since: string): boolean | undefined => {
  const mine = driver === undefined ? undefined : versionParts(driver);
  const other = versionParts(since);
  if (mine === undefined || other === undefined) return undefined;
  for (const [position, part] of other.entries()) {
    const own = mine[position] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
};
