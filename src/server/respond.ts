import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** The body compressed already, where it is answered many times. */
  readonly compressed?: Promise<Buffer>;
}

const compress = promisify(gzip);

/** Level 1: a scrape crosses the network once, and the agent's share of the CPU is the scarcer good. */
export const compressedBody = (body: string): Promise<Buffer> => compress(body, { level: 1 });

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

/** Sends an answer; HEAD gets its headers only. */
export const respond = async (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const plain = Buffer.from(answer.body, 'utf8');
  const asGzip = plain.length >= COMPRESS_FROM_BYTES && acceptsGzip(request);
  const body = asGzip ? await (answer.compressed ?? compressedBody(answer.body)) : plain;
  response.writeHead(answer.status, {
    ...HEADERS,
    ...headers,
    'content-type': answer.contentType,
    'content-length': body.length,
    vary: 'accept-encoding',
    ...(asGzip ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
};

export const textAnswer = (status: number, line: string): Answer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `${line}\n`,
});

export const jsonAnswer = (status: number, value: unknown): Answer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});
