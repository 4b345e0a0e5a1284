import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Body, bodyOf } from './body.ts';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Body;
}

/** Below this the header costs as much as compression gains. */
const COMPRESS_FROM_BYTES = 1024;

const acceptsGzip = (request: IncomingMessage): boolean =>
  String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .some((part) => {
      const [coding = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
      return (coding === 'gzip' || coding === '*') && !refused;
    });

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Sends an answer; HEAD gets its headers only. `headers` win over the usual ones, and an empty one takes that away. */
export const respond = async (
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body }: Answer,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const asGzip = body.bytes.length >= COMPRESS_FROM_BYTES && acceptsGzip(request);
  const bytes = asGzip ? await body.gzipped() : body.bytes;
  const said = Object.entries({ ...HEADERS, ...headers }).filter(([, value]) => value !== '');
  response.writeHead(status, {
    ...Object.fromEntries(said),
    'content-type': contentType,
    'content-length': bytes.length,
    vary: 'accept-encoding',
    ...(asGzip ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
};

export const textAnswer = (status: number, line: string): Answer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: bodyOf(`${line}\n`),
});

export const jsonAnswer = (status: number, value: unknown): Answer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: bodyOf(`${JSON.stringify(value)}\n`),
});
