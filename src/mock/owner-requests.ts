import * as v from 'valibot';
import { bad, good, type Result } from './result.ts';

/** What the owner is asked on stdin, one JSON object a line: `{"inject":"xid79@gpu3"}`. */
export type OwnerRequest = { readonly inject: string } | { readonly recover: string };

const Request = v.union([v.strictObject({ inject: v.string() }), v.strictObject({ recover: v.string() })]);
const SHAPE = 'a request is {"inject":"FAULT[@COMPONENT]"} or {"recover":"FAULT[@COMPONENT]"}';

/** A line of stdin. */
export const parseRequest = (line: string): Result<OwnerRequest> => {
  try {
    const parsed = v.safeParse(Request, JSON.parse(line));
    return parsed.success ? good(parsed.output) : bad(SHAPE);
  } catch {
    return bad(SHAPE);
  }
};

const REFUSED = 'error: ';

/** The line of stdout that answers it: `ok`, or `error: …`. */
export const answerLine = (answer: Result<unknown>): string =>
  answer.ok ? 'ok' : `${REFUSED}${answer.error.replaceAll(/\s+/g, ' ')}`;

/** The same line as its reader takes it. */
export const parseAnswer = (line: string): Result<string> =>
  line.startsWith(REFUSED) ? bad(line.slice(REFUSED.length)) : good(line);
