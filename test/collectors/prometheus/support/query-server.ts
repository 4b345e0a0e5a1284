import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

export interface QueryServer {
  readonly url: string;
  readonly asked: Asked[];
  readonly close: () => Promise<void>;
}

/** A server on the loopback address that hands each question, with its form, to the answer. */
export const queryServer = async (
  answer: (asked: Asked, response: Parameters<RequestListener>[1]) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<QueryServer> => {
  const asked: Asked[] = [];
  const listener: RequestListener = async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request));
    const one = { path: request.url ?? '', headers: request.headers, form };
    asked.push(one);
    answer(one, response);
  };
  const server: Server = tls === undefined ? createServer(listener) : (createSecureServer(tls, listener) as Server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export const success = (resultType: 'vector' | 'matrix', result: unknown, more: object = {}): string =>
  JSON.stringify({ status: 'success', data: { resultType, result }, ...more });
