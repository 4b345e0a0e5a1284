import { configError } from '../../errors.ts';
import type { Plain } from '../plain.ts';

/** `$2y$10$` and 53 characters; `2a`, `2b` and `2y` are one algorithm under three names (man 5 crypt). */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** bcrypt's own floor. */
const MIN_COST = 4;
/** About a second of one core, in the thread that also judges the node. */
const MAX_COST = 14;

const problemOf = (user: string, hash: unknown): string | undefined => {
  // RFC 7617: the colon ends the user's name.
  if (user.includes(':')) return 'a user name cannot hold a colon; rename the user';
  const cost = typeof hash === 'string' ? BCRYPT.exec(hash)?.[1] : undefined;
  if (cost === undefined) return "is not a bcrypt hash; make one with htpasswd -nBC 10 '' | tr -d ':\\n'";
  if (Number(cost) < MIN_COST || Number(cost) > MAX_COST)
    return `has a cost of ${Number(cost)}, outside ${MIN_COST} to ${MAX_COST}; make a hash of cost 10`;
  return undefined;
};

/** The users of the file with their hashes, which no message ever shows. `at` names the line of a path. */
export const webUsers = (entries: Plain, at: (path: readonly string[]) => string): ReadonlyMap<string, string> => {
  // From the file itself: a schema drops keys such as `constructor`, and with the only user goes the password.
  const users = Object.entries(entries);
  for (const [user, hash] of users) {
    const problem = problemOf(user, hash);
    const path = ['basic_auth_users', user];
    if (problem !== undefined) throw configError(`${at(path)} ${path.join('.')}: ${problem}; see docs/web.md`);
  }
  return new Map(users.map(([user, hash]) => [user, String(hash)]));
};
