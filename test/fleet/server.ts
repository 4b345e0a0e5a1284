import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeName, nodePage } from './page.ts';

/** All nodes behind one port: `/targets` for `http_sd`, `/n/<i>/metrics` for each. */
export const serveFleet = async (nodes: number): Promise<{ readonly server: Server; readonly port: number }> => {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (request.url === '/targets') {
      const targets = Array.from({ length: nodes }, (_, node) => ({
        targets: [`127.0.0.1:${port}`],
        labels: { __metrics_path__: `/n/${node}/metrics`, instance: `${nodeName(node)}:9780`, node: nodeName(node) },
      }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(targets));
      return;
    }
    const [, node] = /^\/n\/(\d+)\/metrics$/.exec(request.url ?? '') ?? [];
    if (node === undefined) response.writeHead(404).end();
    else
      response
        .setHeader('content-type', 'text/plain; version=0.0.4')
        .end(nodePage(Number(node), Math.floor(Date.now() / 60_000)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
};
