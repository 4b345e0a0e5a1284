import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type ListenAddress, parseListenAddress, printedHost } from './listen-address.ts';
import { listenError } from './listen-error.ts';
import { respond, textAnswer } from './respond.ts';
import { routesOf, type Sources } from './routes.ts';

export interface ServerOptions extends Omit<Sources, 'now'> {
  /** `ADDRESS:PORT`; port 0 takes a free one. */
  readonly listen: string;
  readonly log: (line: string) => void;
  /** Said in the `Server` header. */
  readonly version: string;
  readonly now?: () => number;
}

export interface RunningServer {
  /** `127.0.0.1:9780` */
  readonly address: string;
  close(): Promise<void>;
}

/** Generous for a scraper and a person, small for somebody who opens connections and says nothing. */
const LIMITS = {
  connections: 64,
  headerBytes: 8192,
  headersMs: 5_000,
  requestMs: 10_000,
  keepAliveMs: 65_000,
} as const;

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/';

const onRequest = (options: ServerOptions): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const routes = routesOf({ ...options, now: options.now ?? Date.now });
  return async (request, response) => {
    const path = pathOf(request);
    const route = routes.get(path);
    if (route === undefined) return respond(request, response, textAnswer(404, 'there is nothing here; see /'));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return respond(request, response, textAnswer(405, 'this server only reads: use GET'), { allow: 'GET, HEAD' });
    }
    try {
      await respond(request, response, await route());
    } catch (error) {
      options.log(`http ${path} failed: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else await respond(request, response, textAnswer(500, `${path} could not be rendered; the agent's log says why`));
    }
  };
};

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = STATUS_OF_CLIENT_ERROR[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** Serves what the agent knows over HTTP, read only. Rejects with one line where it cannot listen. */
export const startServer = (options: ServerOptions): Promise<RunningServer> => {
  const where: ListenAddress | undefined = parseListenAddress(options.listen);
  if (where === undefined) return Promise.reject(listenError('EINVAL', options.listen));
  const handle = onRequest(options);
  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: LIMITS.headersMs,
      requestTimeout: LIMITS.requestMs,
      keepAliveTimeout: LIMITS.keepAliveMs,
    },
    (request, response) => {
      response.setHeader('server', `muster/${options.version}`);
      // Nobody's body is read, and an unread one would hold the connection open.
      request.resume();
      response.on('error', () => undefined);
      handle(request, response).catch((error: unknown) => {
        options.log(`http ${pathOf(request)} failed: ${String(error)}`);
        response.destroy();
      });
    },
  );
  server.maxConnections = LIMITS.connections;
  server.on('clientError', onClientError);

  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(listenError(error.code ?? 'EUNKNOWN', options.listen)),
    );
    server.listen(where.port, where.host, () => {
      server.removeAllListeners('error');
      server.on('error', (error) => options.log(`http server: ${error.message}`));
      const bound = server.address() as AddressInfo;
      resolve({
        address: `${printedHost(bound.address)}:${bound.port}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
};
