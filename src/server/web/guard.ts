import type { IncomingMessage } from 'node:http';
import { type Answer, textAnswer } from '../respond.ts';
import { createTokenBucket } from '../token-bucket.ts';
import { basicCredentials } from './credentials.ts';
import { createPasswordCheck, type PasswordAnswer } from './passwords.ts';
import type { WebConfig } from './web-config.ts';

export interface Refusal {
  readonly answer: Answer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Guard {
  /** Why a request is not served; nothing where it is. */
  refuse(request: IncomingMessage): Promise<Refusal | undefined>;
  use(config: WebConfig): void;
}

const ASK_AGAIN = { 'retry-after': '1' };

const TOO_MANY: Refusal = { answer: textAnswer(429, 'too many requests; ask again later'), headers: ASK_AGAIN };

const REFUSALS: Readonly<Record<Exclude<PasswordAnswer, 'right'>, Refusal>> = {
  wrong: {
    answer: textAnswer(401, 'a user and a password are needed'),
    headers: { 'www-authenticate': 'Basic realm="muster", charset="UTF-8"' },
  },
  busy: {
    answer: textAnswer(503, 'too many passwords wait to be checked; ask again in a moment'),
    headers: ASK_AGAIN,
  },
};

/** Rate limit, then password. What it has learned of passwords outlives a change of the configuration. */
export const createGuard = (first: WebConfig): Guard => {
  const check = createPasswordCheck();
  let config = first;
  let admit = bucketOf(first);
  return {
    async refuse(request) {
      if (!admit()) return TOO_MANY;
      if (config.users.size === 0) return undefined;
      const given = basicCredentials(request.headers.authorization);
      const answer = given === undefined ? 'wrong' : await check(config.users, given);
      return answer === 'right' ? undefined : REFUSALS[answer];
    },
    use(next) {
      config = next;
      admit = bucketOf(next);
    },
  };
};

/** `burst` requests at once and one more every `interval`, as exporter-toolkit does. */
const bucketOf = ({ rateLimit }: WebConfig): (() => boolean) => {
  if (rateLimit === undefined) return () => true;
  const { intervalMs, burst } = rateLimit;
  const bucket = createTokenBucket({ perSecond: 1000 / intervalMs, burst, nowMs: () => performance.now() });
  return () => bucket.take();
};
