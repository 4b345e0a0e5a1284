import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS, type Limits } from './limits.ts';
import { parseListenAddress, printedHost } from './listen-address.ts';
import { listenError } from './listen-error.ts';
import { respond, textAnswer } from './respond.ts';
import { HEALTH_PATHS, routesOf, type Sources } from './routes.ts';
import { createGuard, type Guard, type Refusal } from './web/guard.ts';
import { openServer } from './web/open-server.ts';
import { rereadOnChange } from './web/reread.ts';
import { webWarnings } from './web/warnings.ts';
import { UNPROTECTED, type WebSecurity } from './web/web-config.ts';

export interface ServerOptions extends Omit<Sources, 'now'> {
  /** `ADDRESS:PORT`; port 0 takes a free one. */
  readonly listen: string;
  readonly log: (line: string) => void;
  /** Said in the `Server` header. */
  readonly version: string;
  readonly now?: () => number;
  /** TLS, passwords, headers and rate; without it plain HTTP for everybody who reaches the address. */
  readonly web?: WebSecurity;
  readonly limits?: Partial<Limits>;
  /** How often the files of `web` are looked at. */
  readonly rereadEveryMs?: number;
}

export interface RunningServer {
  /** `127.0.0.1:9780` */
  readonly address: string;
  /** `https://127.0.0.1:9780` */
  readonly url: string;
  /** What the site should know about where the server listens, a line each. */
  readonly warnings: readonly string[];
  /**
   * Reads the web configuration again, or from now on another one. Throws a coded error where it cannot be used or
   * needs a restart (TLS on or off, `client_auth_type`); what was in use stays.
   */
  reload(web?: WebSecurity): void;
  close(): Promise<void>;
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/';

const parametersOf = (request: IncomingMessage): URLSearchParams =>
  new URLSearchParams(/\?([^#]*)/.exec(request.url ?? '')?.[1]);

const READ_ONLY: Refusal = {
  answer: textAnswer(405, 'this server only reads: use GET'),
  // Nobody reads the body that such a request may bring.
  headers: { allow: 'GET, HEAD', connection: 'close' },
};

const NOTHING_HERE = textAnswer(404, 'there is nothing here; see /');

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const handlerOf = (options: ServerOptions, guard: Guard, headers: () => Readonly<Record<string, string>>): Handler => {
  const routes = routesOf({ ...options, now: options.now ?? Date.now });

  const refusal = (request: IncomingMessage, path: string): Refusal | undefined | Promise<Refusal | undefined> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return READ_ONLY;
    return HEALTH_PATHS.has(path) ? undefined : guard.refuse(request);
  };

  return async (request, response) => {
    const path = pathOf(request);
    try {
      const refused = await refusal(request, path);
      if (refused !== undefined)
        return await respond(request, response, refused.answer, { ...headers(), ...refused.headers });
      const answer = await (routes.get(path)?.(parametersOf(request)) ?? NOTHING_HERE);
      await respond(request, response, answer, headers());
    } catch (error) {
      options.log(`http ${path} failed: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else await respond(request, response, textAnswer(500, `${path} could not be rendered; the agent's log says why`));
    }
  };
};

/** A client that does not read what it asked for would hold the connection, and the answer, for ever. */
const endLate = (response: ServerResponse, { responseMs }: Limits): void => {
  const late = setTimeout(() => response.destroy(), responseMs).unref();
  response.once('close', () => clearTimeout(late));
};

/**
 * Serves what the agent knows over HTTP or HTTPS, read only. Rejects with one line where it cannot listen or the web
 * configuration cannot be used.
 */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const where = parseListenAddress(options.listen);
  if (where === undefined) throw listenError('EINVAL', options.listen);
  const limits = { ...LIMITS, ...options.limits };
  const first = options.web?.read() ?? UNPROTECTED;
  let { headers } = first;
  const guard = createGuard(first);
  const handle = handlerOf(options, guard, () => headers);

  const { server, use, close } = openServer(first, limits, (request, response) => {
    response.setHeader('server', `muster/${options.version}`);
    // Nobody's body is read, and an unread one would hold the connection open.
    request.resume();
    response.on('error', () => undefined);
    endLate(response, limits);
    handle(request, response).catch((error: unknown) => {
      options.log(`http ${pathOf(request)} failed: ${String(error)}`);
      response.destroy();
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(listenError(error.code ?? 'EUNKNOWN', options.listen)),
    );
    server.listen(where.port, where.host, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => options.log(`http server: ${error.message}`));

  const reread = rereadOnChange({
    security: options.web ?? { read: () => UNPROTECTED },
    first,
    use: (config) => {
      use(config);
      guard.use(config);
      headers = config.headers;
    },
    log: options.log,
    ...(options.rereadEveryMs === undefined ? {} : { everyMs: options.rereadEveryMs }),
  });

  const bound = server.address() as AddressInfo;
  const address = `${printedHost(bound.address)}:${bound.port}`;
  return {
    address,
    url: `${first.tls === undefined ? 'http' : 'https'}://${address}`,
    warnings: webWarnings(bound.address, options.listen, first),
    reload: reread.reload,
    close: () => {
      reread.stop();
      return close();
    },
  };
};
