import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, raw, startTestServer, type TestServer } from '../../support/web-server.ts';

const QUICK = { headersMs: 200, requestMs: 300, responseMs: 300, keepAliveMs: 1000, checkEveryMs: 50 };

const dial = (server: TestServer): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
    onTestFinished(() => void socket.destroy());
  });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });

const isServed = async (server: TestServer): Promise<boolean> => (await ask(server, '/metrics')).status === 200;

describe('a slow client', () => {
  it('that drips its header is answered 408 and hung up on, while others are served', async () => {
    const server = await startTestServer(undefined, { limits: QUICK });
    const socket = await dial(server);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nX-Drip: ');
    const drip = setInterval(() => socket.write('x'), 20);
    onTestFinished(() => clearInterval(drip));
    expect(await isServed(server)).toBe(true);
    await closed(socket);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(await isServed(server)).toBe(true);
  });

  it('that says nothing is hung up on', async () => {
    const server = await startTestServer(undefined, { limits: QUICK });
    await closed(await dial(server).then((socket) => socket.resume()));
  });

  it('that drips a body with its request is hung up on', async () => {
    const server = await startTestServer(undefined, { limits: QUICK });
    const socket = await dial(server);
    socket.resume();
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 20);
    onTestFinished(() => clearInterval(drip));
    await closed(socket);
  });

  it('that does not read what it asked for is hung up on', async () => {
    // More than the kernel buffers for a connection.
    const server = await startTestServer(undefined, { limits: QUICK, metrics: async () => 'x'.repeat(64_000_000) });
    const socket = await dial(server);
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await sleep(1000);
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.resume();
    await closed(socket);
    expect(bytes).toBeLessThan(64_000_000);
    expect((await ask(server, '/-/healthy')).status).toBe(200);
  });

  it('that asks over and over without reading is hung up on', async () => {
    const server = await startTestServer(undefined, { limits: QUICK, metrics: async () => 'x'.repeat(1_000_000) });
    const socket = await dial(server);
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200));
    await sleep(1000);
    socket.resume();
    await closed(socket);
    expect(await isServed(server)).toBe(true);
  });
});

describe('connections', () => {
  it('beyond the limit are closed, and there is room again when the others go', async () => {
    const server = await startTestServer(undefined, { limits: { connections: 3 } });
    const held = await Promise.all([dial(server), dial(server), dial(server)]);
    for (const socket of held) socket.write('GET / HTTP/1.1\r\n');
    await sleep(50);
    await expect(ask(server, '/-/healthy')).rejects.toThrow();
    for (const socket of held) socket.destroy();
    await sleep(50);
    expect(await isServed(server)).toBe(true);
  });

  it('that are only kept in reserve make room', async () => {
    const server = await startTestServer(undefined, { limits: { connections: 3 } });
    const held = await Promise.all([dial(server), dial(server), dial(server)]);
    for (const socket of held) socket.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n');
    await sleep(50);
    await ask(server, '/-/healthy').catch(() => undefined);
    await sleep(50);
    expect(await isServed(server)).toBe(true);
  });

  it('in their hundreds do not stop the agent', async () => {
    const server = await startTestServer(undefined, { limits: QUICK });
    const sockets = Array.from({ length: 500 }, () => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost'));
      return socket.on('error', () => undefined).resume();
    });
    await Promise.all(sockets.map(closed));
    expect(await isServed(server)).toBe(true);
  });
});

describe('what is asked', () => {
  it.each([
    ['a header beyond 8 kB', `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(9000)}\r\n\r\n`, 431],
    ['thousands of headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(5000)}\r\n`, 431],
    ['a very long path', `GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['a long path', `GET /${'x'.repeat(7000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 404],
    ['no host', 'GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a NUL', 'GET /metrics\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a line feed in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\nc\r\n\r\n', 400],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a proxy’s form', 'GET http://127.0.0.1/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a file of the machine', 'GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a way up', 'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a way up in disguise', 'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['a double slash', 'GET //metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['backslashes', 'GET /..\\..\\etc\\passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['an encoded NUL', 'GET /metrics%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['bad encoding', 'GET /%zz?%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 404],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['a write', 'POST /api/v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\nabc', 405],
    ['a write anywhere', 'DELETE /nothing HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    ['a write in chunks', 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', 405],
    ['another protocol', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: h2c\r\n\r\n', 200],
    ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('%s is answered as it deserves, and the next request is served', async (_, bytes, status) => {
    const server = await startTestServer(undefined, { limits: QUICK });
    const answer = await raw(server, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).not.toContain('root:');
    if (status === 405) expect(answer.toLowerCase()).toContain('\r\nallow: get, head\r\n');
    expect(await isServed(server)).toBe(true);
  });

  it('as a tunnel is hung up on', async () => {
    const server = await startTestServer();
    expect(await raw(server, 'CONNECT example.invalid:443 HTTP/1.1\r\nHost: x\r\n\r\n')).not.toContain('200');
    expect(await isServed(server)).toBe(true);
  });
});
