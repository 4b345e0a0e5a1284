import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../support/temporary.ts';
import { ask, startTestServer, type TestServer } from '../../support/web-server.ts';

const usersFile = (users: Readonly<Record<string, string>>): string => {
  const file = join(temporaryDirectory(), 'web.yml');
  const lines = Object.entries(users).map(([user, hash]) => `  ${user}: ${hash}\n`);
  writeFileSync(file, `basic_auth_users:\n${lines.join('')}`);
  chmodSync(file, 0o600);
  return file;
};

/** Cost 4: what is asked here is not how long it takes. */
const protectedServer = (): Promise<TestServer> => startTestServer(usersFile({ alice: hashSync('wonderland', 4) }));

const CLOSED = ['/', '/metrics', '/api/v1/status', '/api/v1/events', '/nothing'];
const OPEN = ['/-/healthy', '/healthz', '/livez', '/-/ready', '/readyz'];

describe('with passwords', () => {
  it.each([
    ['none', undefined],
    ['a wrong one', 'alice:looking-glass'],
    ['an empty one', 'alice:'],
    ['that of nobody', 'mallory:wonderland'],
    ['a user in other letters', 'Alice:wonderland'],
    ['a name every object has', 'constructor:x'],
  ])('%s is refused everywhere, and told how to ask', async (_, user) => {
    const server = await protectedServer();
    for (const path of CLOSED) {
      const got = await ask(server, path, user === undefined ? {} : { user });
      expect([path, got.status, got.headers['www-authenticate']]).toEqual([
        path,
        401,
        'Basic realm="muster", charset="UTF-8"',
      ]);
      expect(got.text).toBe('a user and a password are needed\n');
    }
  });

  it.each([
    'Bearer abc',
    'Basic',
    'Basic !!!',
    'Basic YWxpY2U=',
    `Basic ${'A'.repeat(400)}`,
    'Digest username="alice"',
  ])('the header "%s" is refused', async (authorization) => {
    expect((await ask(await protectedServer(), '/metrics', { headers: { authorization } })).status).toBe(401);
  });

  it('the right one is served, again and again', async () => {
    const server = await protectedServer();
    for (let i = 0; i < 3; i++) {
      const got = await ask(server, '/metrics', { user: 'alice:wonderland' });
      expect([got.status, got.text]).toEqual([200, 'muster_node_status{state="unhealthy"} 1\n']);
    }
    expect((await ask(server, '/nothing', { user: 'alice:wonderland' })).status).toBe(404);
  });

  it('a password may hold colons and letters of any script', async () => {
    const server = await startTestServer(usersFile({ alice: hashSync('a:b:ü', 4) }));
    const authorization = `Basic ${Buffer.from('alice:a:b:ü').toString('base64')}`;
    expect((await ask(server, '/metrics', { headers: { authorization } })).status).toBe(200);
  });

  it('hashes of htpasswd ($2y$) are understood', async () => {
    const server = await startTestServer(usersFile({ alice: hashSync('wonderland', 4).replace('$2b$', '$2y$') }));
    expect((await ask(server, '/metrics', { user: 'alice:wonderland' })).status).toBe(200);
  });

  it('health is open to everybody', async () => {
    const server = await protectedServer();
    for (const path of OPEN) expect([path, (await ask(server, path)).status]).toEqual([path, 200]);
  });

  it('a changed password holds as soon as the file is read again, and the old one no longer', async () => {
    const file = usersFile({ alice: hashSync('old', 4) });
    const server = await startTestServer(file);
    const status = async (user: string) => (await ask(server, '/metrics', { user })).status;
    expect([await status('alice:old'), await status('alice:new')]).toEqual([200, 401]);
    writeFileSync(file, `basic_auth_users: {alice: ${hashSync('new', 4)}}`);
    server.reload();
    expect([await status('alice:old'), await status('alice:new')]).toEqual([401, 200]);
  });
});

describe('a flood of wrong passwords', () => {
  it('neither shuts out who is known, nor stops health, nor is served', async () => {
    const server = await startTestServer(usersFile({ alice: hashSync('wonderland', 8) }));
    expect((await ask(server, '/metrics', { user: 'alice:wonderland' })).status).toBe(200);
    const flood = Array.from({ length: 40 }, (_, i) => ask(server, '/metrics', { user: `user${i}:${i}` }));
    const known = await ask(server, '/metrics', { user: 'alice:wonderland' });
    const healthy = await ask(server, '/-/healthy');
    expect([known.status, healthy.status]).toEqual([200, 200]);
    const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
    expect(statuses).toEqual(new Set([401, 503]));
  });

  it('is computed in slices, between which the event loop turns', async () => {
    const server = await startTestServer(usersFile({ alice: hashSync('wonderland', 12) }));
    let turns = 0;
    let counting = true;
    const turn = (): void => {
      turns += 1;
      if (counting) setImmediate(turn);
    };
    const before = turns;
    const asked = ask(server, '/metrics', { user: 'mallory:x' });
    setImmediate(turn);
    expect((await asked).status).toBe(401);
    counting = false;
    expect(turns - before).toBeGreaterThan(2);
  });
});

it('one password that many ask with at once is computed once', async () => {
  const server = await startTestServer(usersFile({ alice: hashSync('wonderland', 8) }));
  const all = await Promise.all(
    Array.from({ length: 40 }, () => ask(server, '/metrics', { user: 'alice:wonderland' })),
  );
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
});
