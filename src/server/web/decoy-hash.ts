import { randomBytes } from 'node:crypto';

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const costOf = (hash: string): number => Number(hash.slice(4, 6));

/**
 * A hash that no known password has, as costly as the costliest of the users', so that the time of an answer does not
 * tell whether a user exists.
 */
export const decoyHash = (hashes: Iterable<string>): string => {
  const cost = Math.max(...[...hashes].map(costOf));
  const random = [...randomBytes(53)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `$2b$${String(cost).padStart(2, '0')}$${random}`;
};
