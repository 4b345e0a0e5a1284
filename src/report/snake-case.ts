const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `linkedTo154` → `linked_to_154`; what has no capital letter is a name, such as that of a code, and stays. */
const snakeKey = (key: string): string =>
  /[A-Z]/.test(key) ? key.replaceAll(/(?<=[a-z])(?=[A-Z0-9])/g, '_').toLowerCase() : key;

/** The same data with the keys that every JSON of Muster has. */
export const snakeCased = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeKey(key), snakeCased(inner)]));
};
