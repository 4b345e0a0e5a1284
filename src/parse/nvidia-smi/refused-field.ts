/**
 * nvidia-smi that does not know a column prints `Field "x" is not a valid field to query.` on stdout, names the first one
 * only, and exits with 2 (seen on 376.33, 580.159.04).
 */
const REFUSED = /^Field "([^"]+)" is not a valid field to query\.$/;

/** The column that this line refuses. */
export const refusedField = (line: string): string | undefined => REFUSED.exec(line.trim())?.[1];
