import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/http.ts';
import { OPTIONS } from '../report/options.ts';
import { failingSnapshot, snapshotOf } from '../support/snapshot.ts';

const open: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const logged: string[] = [];
const start = async (over: Partial<ServerOptions> = {}): Promise<RunningServer> => {
  const snapshot = failingSnapshot();
  const server = await startServer({
    listen: '127.0.0.1:0',
    version: '0.1.0',
    snapshot: () => snapshot,
    verdict: () => verdictOf(snapshot, OPTIONS),
    metrics: async () => `${'muster_node_status{state="unhealthy"} 1\n'.repeat(100)}`,
    events: async () => [],
    healthy: () => true,
    log: (line) => logged.push(line),
    now: () => OPTIONS.now,
    ...over,
  });
  open.push(server);
  return server;
};

interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Node's own client, because fetch tidies paths and decompresses. */
const get = (server: RunningServer, path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Got> =>
  new Promise((resolve, reject) => {
    const [host, port] = server.address.split(':');
    const request = httpRequest({ host, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject);
    request.end();
  });

describe('routes', () => {
  it.each([
    ['/', 200, 'text/html; charset=utf-8'],
    ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8'],
    ['/metrics?name[]=up', 200, 'text/plain; version=0.0.4; charset=utf-8'],
    ['/api/v1/status', 200, 'application/json; charset=utf-8'],
    ['/api/v1/events', 200, 'application/json; charset=utf-8'],
    ['/-/healthy', 200, 'text/plain; charset=utf-8'],
    ['/-/ready', 200, 'text/plain; charset=utf-8'],
    ['/healthz', 200, 'text/plain; charset=utf-8'],
    ['/livez', 200, 'text/plain; charset=utf-8'],
    ['/readyz', 200, 'text/plain; charset=utf-8'],
    ['/metrics/', 404, 'text/plain; charset=utf-8'],
    ['/../metrics', 404, 'text/plain; charset=utf-8'],
    ['/%6detrics', 404, 'text/plain; charset=utf-8'],
    ['//metrics', 404, 'text/plain; charset=utf-8'],
    ['/../../etc/passwd', 404, 'text/plain; charset=utf-8'],
    ['/constructor', 404, 'text/plain; charset=utf-8'],
  ])('%s answers %i', async (path, status, contentType) => {
    const got = await get(await start(), path);
    expect([got.status, got.headers['content-type']]).toEqual([status, contentType]);
  });

  it('the verdict as JSON', async () => {
    const got = await get(await start(), '/api/v1/status');
    expect(JSON.parse(got.body.toString())).toMatchObject({
      schema_version: 1,
      ready: false,
      overall_severity: 'CRITICAL',
    });
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused, with what is allowed', async (method) => {
    const got = await get(await start(), '/metrics', method);
    expect([got.status, got.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('HEAD answers what GET would, without a body', async () => {
    const server = await start();
    const [whole, head] = [await get(server, '/metrics'), await get(server, '/metrics', 'HEAD')];
    expect(head.status).toBe(200);
    expect(head.headers['content-length']).toBe(String(whole.body.length));
    expect(head.body).toHaveLength(0);
  });
});

describe('before the first evaluation', () => {
  it('the agent is alive and not ready, and shows nothing that it does not know', async () => {
    const server = await start({ snapshot: () => undefined, verdict: () => undefined });
    const status = async (path: string) => (await get(server, path)).status;
    expect([await status('/-/healthy'), await status('/livez')]).toEqual([200, 200]);
    for (const path of ['/-/ready', '/readyz', '/metrics', '/', '/api/v1/status']) expect(await status(path)).toBe(503);
  });
});

it('liveness follows the agent, not the GPUs', async () => {
  expect((await get(await start(), '/-/healthy')).status).toBe(200);
  expect((await get(await start({ healthy: () => false }), '/-/healthy')).status).toBe(503);
});

describe('compression', () => {
  it.each([
    ['gzip', true],
    ['gzip, deflate', true],
    ['br;q=1, gzip;q=0.5', true],
    ['*', true],
    ['gzip;q=0', false],
    ['identity', false],
  ])('with Accept-Encoding %s: %s', async (encoding, compressed) => {
    const got = await get(await start(), '/metrics', 'GET', { 'accept-encoding': encoding });
    expect(got.headers['content-encoding']).toBe(compressed ? 'gzip' : undefined);
    const text = (compressed ? gunzipSync(got.body) : got.body).toString();
    expect(text).toMatch(/^muster_node_status/);
  });
});

describe('rendering', () => {
  it('is done once a snapshot, however many ask at once', async () => {
    let snapshot: Snapshot = snapshotOf();
    let renderings = 0;
    const server = await start({
      snapshot: () => snapshot,
      metrics: async () => {
        renderings += 1;
        return `rendering ${renderings}\n`;
      },
    });
    const bodies = await Promise.all(
      Array.from({ length: 10 }, async () => (await get(server, '/metrics')).body.toString()),
    );
    expect(new Set(bodies)).toEqual(new Set(['rendering 1\n']));
    snapshot = snapshotOf();
    expect((await get(server, '/metrics')).body.toString()).toBe('rendering 2\n');
  });

  it('that fails answers 500 with one line, is logged, and is tried again', async () => {
    let broken = true;
    const server = await start({
      metrics: async () => {
        if (broken) throw new Error('secret detail');
        return 'fine\n';
      },
      verdict: () => {
        throw new Error('also broken');
      },
    });
    const failed = await get(server, '/metrics');
    expect(failed.status).toBe(500);
    expect(failed.body.toString()).toMatch(/^[^\n]+\n$/);
    expect(failed.body.toString()).not.toContain('secret');
    expect(logged.at(-1)).toBe('http /metrics failed: secret detail');
    expect((await get(server, '/api/v1/status')).status).toBe(500);
    broken = false;
    expect((await get(server, '/metrics')).body.toString()).toBe('fine\n');
  });
});

describe('rough clients', () => {
  const raw = (server: RunningServer, bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const [host, port] = server.address.split(':');
      const socket = connect(Number(port), host);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write(bytes);
    });

  it('a header that is too big is refused, and the next request is served', async () => {
    const server = await start();
    expect((await get(server, '/', 'GET', { 'x-big': 'x'.repeat(9_000) })).status).toBe(431);
    expect((await get(server, '/-/healthy')).status).toBe(200);
  });

  it('what is not HTTP is answered with 400', async () => {
    expect(await raw(await start(), 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('one who hangs up in the middle does no harm', async () => {
    const server = await start();
    const [host, port] = server.address.split(':');
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), host, () => {
        socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
        socket.destroy();
        resolve();
      });
    });
    expect((await get(server, '/metrics')).status).toBe(200);
  });
});

describe('listening', () => {
  it('on a port in use fails with one line that says what to do', async () => {
    const { address } = await start();
    await expect(start({ listen: address })).rejects.toThrow(
      `listen EADDRINUSE ${address}: another process listens there; stop it, or choose another port with web.listen`,
    );
  });

  it.each(['9780', 'localhost', '127.0.0.1:99999', '127.0.0.1:', 'a:b:9780', ''])(
    'on "%s" is refused',
    async (listen) => {
      await expect(start({ listen })).rejects.toThrow(/^listen EINVAL .*write web\.listen as ADDRESS:PORT/);
    },
  );

  it('on every address, and on IPv6', async () => {
    for (const listen of [':0', '0.0.0.0:0']) await start({ listen });
    expect((await start({ listen: '127.0.0.1:0' })).address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('ends when closed, even with a connection kept open', async () => {
    const server = await start();
    const [host, port] = server.address.split(':');
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), host, resolve);
      socket.on('error', () => undefined);
    });
    await server.close();
    await expect(get(server, '/')).rejects.toThrow(/ECONNREFUSED/);
  });
});
