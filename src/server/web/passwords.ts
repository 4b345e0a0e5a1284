import { createHmac, randomBytes } from 'node:crypto';
import { compare } from 'bcryptjs';
import { BoundedMap } from './bounded-map.ts';
import type { Credentials } from './credentials.ts';
import { decoyHash } from './decoy-hash.ts';
import { oneAtATime, QUEUE_FULL } from './one-at-a-time.ts';

/** Comparisons that may wait; at 80 ms each for cost 10, the last one is answered within three seconds. */
const QUEUE_LIMIT = 16;
/** Far more people than read one node. */
const RIGHT_LIMIT = 256;
const WRONG_LIMIT = 1024;

export type PasswordAnswer = 'right' | 'wrong' | 'busy';
export type PasswordCheck = (users: ReadonlyMap<string, string>, given: Credentials) => Promise<PasswordAnswer>;

/**
 * Compares passwords with bcrypt hashes. Each answer is kept under a keyed hash, so that a scraper pays once and a
 * memory dump shows no password; wrong ones apart, so that guessing never pushes out who is known. bcryptjs computes in
 * slices of at most 100 ms (its MAX_EXECUTION_TIME) and lets the event loop turn in between.
 */
export const createPasswordCheck = (): PasswordCheck => {
  const secret = randomBytes(32);
  const enqueue = oneAtATime(QUEUE_LIMIT);
  const right = new BoundedMap<string, true>(RIGHT_LIMIT);
  const wrong = new BoundedMap<string, true>(WRONG_LIMIT);
  const pending = new Map<string, Promise<boolean>>();
  const decoys = new WeakMap<ReadonlyMap<string, string>, string>();

  const decoyOf = (users: ReadonlyMap<string, string>): string => {
    const decoy = decoys.get(users) ?? decoyHash(users.values());
    decoys.set(users, decoy);
    return decoy;
  };

  const compared = (key: string, password: string, hash: string): Promise<boolean> | typeof QUEUE_FULL => {
    const running = pending.get(key) ?? enqueue(() => compare(password, hash));
    if (running === QUEUE_FULL || pending.has(key)) return running;
    pending.set(key, running);
    const forget = (): void => void pending.delete(key);
    running.then(forget, forget);
    return running;
  };

  return async (users, { user, password }) => {
    const known = users.get(user);
    const hash = known ?? decoyOf(users);
    // With the hash in the key, a changed password forgets what was right before.
    const key = createHmac('sha256', secret)
      .update(JSON.stringify([user, hash, password]))
      .digest('base64');
    if (right.get(key)) return 'right';
    if (wrong.get(key)) return 'wrong';
    const matches = await compared(key, password, hash);
    if (matches === QUEUE_FULL) return 'busy';
    const isRight = matches && known !== undefined;
    (isRight ? right : wrong).set(key, true);
    return isRight ? 'right' : 'wrong';
  };
};
