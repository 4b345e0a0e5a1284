import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { loadWebConfig } from '../../../src/config/web/load.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { ask, startTestServer } from '../../support/web-server.ts';

const webFile = (text: string): string => {
  const file = join(temporaryDirectory(), 'web.yml');
  writeFileSync(file, text);
  chmodSync(file, 0o600);
  return file;
};

it('headers of the file win over our own, and an empty one takes ours away', async () => {
  const server = await startTestServer(
    webFile(`
http_server_config:
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
    X-Content-Type-Options: ''
    Content-Security-Policy: default-src 'self'
`),
  );
  for (const path of ['/metrics', '/nothing', '/-/healthy']) {
    const { headers } = await ask(server, path);
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'x-frame-options': 'deny',
      'content-security-policy': "default-src 'self'",
      'referrer-policy': 'no-referrer',
    });
    expect(headers['x-content-type-options']).toBeUndefined();
  }
});

it('the rate is limited, for everything but health, and recovers', async () => {
  const server = await startTestServer(webFile('rate_limit: {interval: 500ms, burst: 3}'));
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await ask(server, '/metrics')).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await ask(server, '/-/healthy')).status).toBe(200);
  await sleep(600);
  expect((await ask(server, '/metrics')).status).toBe(200);
});

describe('an address that the network reaches', () => {
  const warned = async (listen: string, text?: string): Promise<readonly string[]> =>
    (await startTestServer(text === undefined ? undefined : webFile(text), { listen })).warnings;

  it.each(['0.0.0.0:0', ':0'])('%s without TLS or password is allowed, and said', async (listen) => {
    expect(await warned(listen)).toEqual([
      `web.listen ${listen}: open to the network without TLS or password; set web.config_file, or listen on 127.0.0.1`,
    ]);
  });

  it('with passwords in clear text is allowed, and said', async () => {
    expect(await warned('0.0.0.0:0', `basic_auth_users: {alice: ${hashSync('x', 4)}}`)).toEqual([
      'web.listen 0.0.0.0:0: passwords cross the network in clear text; set tls_server_config in web.config_file',
    ]);
  });

  it.each(['127.0.0.1:0', '127.1.2.3:0', 'localhost:0'])('%s is none', async (listen) => {
    expect(await warned(listen)).toEqual([]);
  });
});

it('a web configuration that cannot be used ends the start with its line', async () => {
  await expect(startTestServer(webFile('users: {}'))).rejects.toThrow(/web\.yml:1:1 users: is not a setting/);
});

it('a server without one takes passwords later, by another file', async () => {
  const server = await startTestServer();
  expect((await ask(server, '/metrics')).status).toBe(200);
  const file = webFile(`basic_auth_users: {alice: ${hashSync('x', 4)}}`);
  server.reload({ read: () => loadWebConfig(file) });
  expect((await ask(server, '/metrics')).status).toBe(401);
  expect((await ask(server, '/metrics', { user: 'alice:x' })).status).toBe(200);
});
