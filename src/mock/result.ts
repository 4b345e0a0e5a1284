/** What user text became: a value, or one line that says what is wrong with it and what exists instead. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

export const good = <T>(value: T): Result<T> => ({ ok: true, value });
export const bad = <T = never>(error: string): Result<T> => ({ ok: false, error });
