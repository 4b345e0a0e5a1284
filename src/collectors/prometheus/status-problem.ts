import type { IncomingHttpHeaders } from 'node:http';
import { readAnswer } from '../../parse/prometheus/answer.ts';
import { oneLine } from '../../parse/prometheus/one-line.ts';

const redirect = (location: string | undefined): string => {
  const to = location === undefined ? 'elsewhere' : `to ${oneLine(location.replace(/\/\/[^/]*@/, '//'))}`;
  return `redirects ${to}, which is not followed; give the address that it leads to`;
};

const START_BYTES = 2000;
const startOf = (body: Buffer): string => body.toString('utf8', 0, START_BYTES).trimStart();

/** What stands in the body, in a clause; a page for people says nothing. */
const said = (body: Buffer): string => {
  const answer = readAnswer(body);
  if (!answer.ok && answer.why === 'refused') return `: ${answer.message}`;
  const start = startOf(body);
  return start === '' || start.startsWith('<') ? '' : `: ${oneLine(start)}`;
};

/** One clause for a status that is not 200, or undefined where the body is an answer of the query API. */
export const statusProblem = (status: number, headers: IncomingHttpHeaders, body: Buffer): string | undefined => {
  if (status >= 300 && status < 400) return redirect(headers.location);
  switch (status) {
    case 200:
      return startOf(body).startsWith('<')
        ? 'answers with a web page, not with the query API; is a path prefix missing, or does a login stand in front?'
        : undefined;
    case 401:
      return 'wants to know who asks (401); give a user name and password, or a bearer token, that it knows';
    case 403:
      return 'does not let this user ask (403); give a user or token that may query';
    case 404:
    case 405:
      return `has no query API at this path (${status}); is the path prefix right?`;
    case 407:
      return 'is behind a proxy that wants to know who asks (407)';
    case 413:
    case 414:
      return `finds the query too long (${status}); is a proxy with a low limit in front?`;
    case 429:
    case 503:
    case 504:
      return `is too busy to answer (${status})${said(body)}; ask again later, or for one job`;
    default:
      return startOf(body).includes('HTTP request to an HTTPS server')
        ? 'speaks HTTPS; write https://'
        : `refuses the query (${status})${said(body)}`;
  }
};
