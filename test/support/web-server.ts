import { type IncomingHttpHeaders, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import { loadWebConfig } from '../../src/config/web/load.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/http.ts';
import { OPTIONS } from '../report/options.ts';
import { failingSnapshot } from './snapshot.ts';

export interface TestServer extends RunningServer {
  readonly port: number;
  readonly logged: readonly string[];
}

/** A server over a failing node, with the web configuration file if one is named; it ends with the test. */
export const startTestServer = async (file?: string, over: Partial<ServerOptions> = {}): Promise<TestServer> => {
  const snapshot = failingSnapshot();
  const logged: string[] = [];
  const server = await startServer({
    listen: '127.0.0.1:0',
    version: '0.1.0',
    snapshot: () => snapshot,
    verdict: () => verdictOf(snapshot, OPTIONS),
    metrics: async () => 'muster_node_status{state="unhealthy"} 1\n',
    events: async () => [],
    healthy: () => true,
    log: (line) => logged.push(line),
    now: () => OPTIONS.now,
    ...(file === undefined ? over : { web: { read: () => loadWebConfig(file) }, ...over }),
  });
  onTestFinished(() => server.close());
  return { ...server, port: Number(server.address.replace(/^.*:/, '')), logged };
};

export interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The subject of the server's certificate. */
  readonly servedBy: string | undefined;
}

/** One request on a connection of its own. */
export const ask = (
  server: RunningServer,
  path: string,
  options: RequestOptions & ConnectionOptions & { readonly user?: string } = {},
): Promise<Got> =>
  new Promise((resolve, reject) => {
    const { user, ...rest } = options;
    const send = server.url.startsWith('https:') ? tlsRequest : plainRequest;
    const [host, port] = server.address.split(':');
    const request = send(
      { host, port, path, agent: false, ...rest, ...(user === undefined ? {} : { auth: user }) },
      (response) => {
        const { socket } = response;
        const servedBy =
          'getPeerCertificate' in socket ? (socket as PeerKnown).getPeerCertificate().subject?.CN : undefined;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text, servedBy }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end();
  });

interface PeerKnown {
  getPeerCertificate(): { readonly subject?: { readonly CN?: string } };
}

/** Writes bytes and gives what comes back until the server hangs up. */
export const raw = (server: TestServer, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
