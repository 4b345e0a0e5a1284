import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { configError } from '../../errors.ts';
import { onClientError } from '../client-error.ts';
import type { Limits } from '../limits.ts';
import { clientAuthOf, isShutOut, secureContextOf } from './tls.ts';
import type { WebConfig, WebTls } from './web-config.ts';

interface Opened {
  readonly server: Server | TlsServer;
  /** Takes the certificate and settings of a new configuration. Throws a coded error where it cannot. */
  use(config: WebConfig): void;
}

export interface WebServer extends Opened {
  /** Hangs up on everybody and stops listening. */
  close(): Promise<void>;
}

const unusable = ([file]: readonly string[], error: unknown): Error =>
  configError(`${file}: OpenSSL refuses it (${(error as Error).message}); correct tls_server_config, see docs/web.md`);

const needsRestart = ([file]: readonly string[], what: string): Error =>
  configError(`${file}: ${what} cannot change while the agent runs; restart it`);

/** An HTTP or HTTPS server, not yet listening. Throws a coded error where the certificate cannot be used. */
export const openServer = (config: WebConfig, limits: Limits, listener: RequestListener): WebServer => {
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkEveryMs,
  };
  const { tls } = config;
  const opened = tls === undefined ? openPlain(options, listener) : openTls(config, tls, limits, options, listener);
  const { server } = opened;
  server.maxConnections = limits.connections;
  // Whoever only keeps a connection in reserve makes room for whoever comes with a request.
  server.on('drop', () => server.closeIdleConnections());
  server.on('clientError', onClientError);
  // closeAllConnections() does not know those that have not finished their handshake.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    ...opened,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
};

type HttpOptions = Parameters<typeof createServer>[0] & object;

const openPlain = (options: HttpOptions, listener: RequestListener): Opened => ({
  server: createServer(options, listener),
  use({ tls, files }) {
    if (tls !== undefined) throw needsRestart(files, 'tls_server_config');
  },
});

const openTls = (
  { files }: WebConfig,
  tls: WebTls,
  limits: Limits,
  options: HttpOptions,
  listener: RequestListener,
): Opened => {
  const { clientAuth } = tls;
  const create = (): TlsServer => {
    try {
      return createTlsServer(
        { ...options, ...secureContextOf(tls), ...clientAuthOf(clientAuth), handshakeTimeout: limits.handshakeMs },
        listener,
      );
    } catch (error) {
      throw unusable(files, error);
    }
  };
  const server = create();
  server.on('secureConnection', (socket) => {
    if (isShutOut(clientAuth, socket)) socket.destroy();
  });
  return {
    server,
    use(next) {
      if (next.tls === undefined) throw needsRestart(next.files, 'tls_server_config');
      if (next.tls.clientAuth !== clientAuth) throw needsRestart(next.files, 'client_auth_type');
      try {
        server.setSecureContext(secureContextOf(next.tls));
      } catch (error) {
        throw unusable(next.files, error);
      }
    },
  };
};
