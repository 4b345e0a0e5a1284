import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate, noOpenssl, renew } from '../../support/certificates.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { ask, raw, startTestServer } from '../../support/web-server.ts';

interface Site {
  readonly directory: string;
  readonly file: string;
  readonly ca: string;
  read(name: string): string;
  write(more?: string): void;
}

/** A directory with an authority, a certificate of it and a web configuration file that names it. */
const makeSite = (more = ''): Site => {
  const directory = temporaryDirectory();
  makeAuthority(directory, 'ca');
  makeCertificate(directory, 'node', 'ca');
  const file = join(directory, 'web.yml');
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const write = (rest = ''): void => {
    writeFileSync(file, `tls_server_config:\n  cert_file: node.pem\n  key_file: node.key\n${rest}`);
    chmodSync(file, 0o600);
  };
  write(more);
  return { directory, file, ca: read('ca.pem'), read, write };
};

const noCurl = spawnSync('curl', ['--version']).status === 0 ? undefined : 'curl is not installed';
const why = noOpenssl === undefined ? '' : ` (skipped: ${noOpenssl})`;

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 200; i++) {
    if (await holds()) return;
    await sleep(25);
  }
  throw new Error('it never came true');
};

describe.skipIf(noOpenssl !== undefined)(`TLS${why}`, () => {
  it('serves every page, health without a password', async () => {
    const site = makeSite(`basic_auth_users: {alice: ${hashSync('wonderland', 4)}}\n`);
    const server = await startTestServer(site.file);
    expect(server.url).toBe(`https://${server.address}`);
    const { ca } = site;
    expect((await ask(server, '/metrics', { ca })).status).toBe(401);
    expect((await ask(server, '/-/healthy', { ca })).status).toBe(200);
    const got = await ask(server, '/metrics', { ca, user: 'alice:wonderland' });
    expect([got.status, got.servedBy]).toEqual([200, 'node']);
  });

  it('is not believed by who does not know the authority', async () => {
    const server = await startTestServer(makeSite().file);
    await expect(ask(server, '/metrics')).rejects.toThrow(/unable to verify|self.signed/i);
  });

  it.skipIf(noCurl !== undefined)(
    `is open to curl, as it asks for it${noCurl === undefined ? '' : ` (skipped: ${noCurl})`}`,
    async () => {
      const site = makeSite(`basic_auth_users: {alice: ${hashSync('wonderland', 4)}}\n`);
      const server = await startTestServer(site.file);
      const curl = (...args: string[]): Promise<string> =>
        new Promise((resolve) => {
          const said = ['-s', '-m', '10', '-o', '/dev/null', '-w', '%{http_code} %{exitcode}'];
          execFile('curl', [...said, ...args], (_, stdout) => resolve(stdout));
        });
      const ca = ['--cacert', join(site.directory, 'ca.pem')];
      const url = `${server.url}/metrics`;
      expect(await curl(...ca, '-u', 'alice:wonderland', url)).toBe('200 0');
      expect(await curl(...ca, '-u', 'alice:wrong', url)).toBe('401 0');
      expect(await curl(...ca, '-d', 'x', url)).toBe('405 0');
      // 35: the handshake failed; 60: the authority is not known; 52 and 56: hung up without an answer.
      expect(await curl(...ca, '--tls-max', '1.1', url)).toBe('000 35');
      expect(await curl(url)).toBe('000 60');
      expect(await curl(`http://${server.address}/metrics`)).toMatch(/^000 (52|56)$/);
    },
  );

  it.each([
    ['plain HTTP', 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['zeros', '\0\0\0\0\0\0\0\0'],
    ['a handshake that is cut', '\x16\x03\x01\xff\xff'],
    ['a flood', 'x'.repeat(100_000)],
  ])('hangs up on %s, and serves the next', async (_, bytes) => {
    const site = makeSite();
    const server = await startTestServer(site.file, { limits: { handshakeMs: 300 } });
    expect(await raw(server, bytes)).not.toContain('HTTP');
    expect((await ask(server, '/metrics', { ca: site.ca })).status).toBe(200);
  });

  it('hangs up on who does not finish the handshake', async () => {
    const server = await startTestServer(makeSite().file, { limits: { handshakeMs: 200 } });
    expect(await raw(server, '\x16\x03\x01')).toBe('');
  });

  it('ends when closed, even in the middle of a handshake', async () => {
    const server = await startTestServer(makeSite().file, { limits: { handshakeMs: 60_000 } });
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', resolve);
      socket.on('error', () => undefined);
    });
    await sleep(50);
    await server.close();
  });

  it('speaks the versions and the curves that it is told to', async () => {
    const site = makeSite('  min_version: TLS13\n  curve_preferences: [CurveP384]\n');
    const server = await startTestServer(site.file);
    const status = async (options: ConnectionOptions) => {
      try {
        return (await ask(server, '/metrics', { ca: site.ca, ...options })).status;
      } catch {
        return 'refused';
      }
    };
    expect(await status({ maxVersion: 'TLSv1.2' })).toBe('refused');
    expect(await status({ ecdhCurve: 'P-256' })).toBe('refused');
    expect(await status({ ecdhCurve: 'P-384' })).toBe(200);
  });

  it('with a list of cipher suites takes no other of TLS 1.2, and keeps TLS 1.3', async () => {
    const site = makeSite('  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n');
    const server = await startTestServer(site.file);
    const { ca } = site;
    const tls12 = { ca, maxVersion: 'TLSv1.2' } as const;
    expect((await ask(server, '/metrics', { ...tls12, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })).status).toBe(200);
    await expect(ask(server, '/metrics', { ...tls12, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).rejects.toThrow();
    expect((await ask(server, '/metrics', { ca, minVersion: 'TLSv1.3' })).status).toBe(200);
  });

  it('with suites of TLS 1.3 alone speaks nothing older', async () => {
    const site = makeSite('  cipher_suites: [TLS_AES_128_GCM_SHA256]\n');
    const server = await startTestServer(site.file);
    const { ca } = site;
    expect((await ask(server, '/metrics', { ca })).status).toBe(200);
    await expect(ask(server, '/metrics', { ca, maxVersion: 'TLSv1.2' })).rejects.toThrow();
    await expect(ask(server, '/metrics', { ca, ciphers: 'TLS_AES_256_GCM_SHA384' })).rejects.toThrow();
  });
});

describe.skipIf(noOpenssl !== undefined)(`certificates of clients${why}`, () => {
  it.each([
    ['RequestClientCert', true, true, true],
    ['RequireAnyClientCert', false, true, true],
    ['VerifyClientCertIfGiven', true, false, true],
    ['RequireAndVerifyClientCert', false, false, true],
  ])('%s: without one %s, with a stranger’s %s, with a good one %s', async (type, without, stranger, good) => {
    const site = makeSite();
    makeAuthority(site.directory, 'other');
    makeCertificate(site.directory, 'stranger', 'other');
    makeCertificate(site.directory, 'friend', 'ca');
    const needsCa = type.includes('Verify') ? '  client_ca_file: ca.pem\n' : '';
    site.write(`  client_auth_type: ${type}\n${needsCa}`);
    const server = await startTestServer(site.file);
    const isServed = async (name?: string): Promise<boolean> => {
      const own = name === undefined ? {} : { cert: site.read(`${name}.pem`), key: site.read(`${name}.key`) };
      try {
        return (await ask(server, '/metrics', { ca: site.ca, ...own })).status === 200;
      } catch {
        return false;
      }
    };
    expect([await isServed(), await isServed('stranger'), await isServed('friend')]).toEqual([without, stranger, good]);
  });
});

describe.skipIf(noOpenssl !== undefined)(`a renewed certificate${why}`, () => {
  const servedBy = async (server: Parameters<typeof ask>[0], ca: string): Promise<string | undefined> =>
    (await ask(server, '/-/healthy', { ca })).servedBy;

  it('is served when the files change, without a restart', async () => {
    const site = makeSite();
    makeCertificate(site.directory, 'next', 'ca');
    const server = await startTestServer(site.file, { rereadEveryMs: 20 });
    expect(await servedBy(server, site.ca)).toBe('node');
    renew(site.directory, 'next', 'node');
    await until(async () => (await servedBy(server, site.ca)) === 'next');
    expect(server.logged.at(-1)).toMatch(/^web configuration read again: \S+web\.yml \S+node\.pem \S+node\.key$/);
  });

  it('that is broken is logged once and the old one stays; the mended one is served', async () => {
    const site = makeSite();
    makeCertificate(site.directory, 'next', 'ca');
    const server = await startTestServer(site.file, { rereadEveryMs: 20 });
    // The certificate of a renewal without its key: the two do not belong together.
    copyFileSync(join(site.directory, 'next.pem'), join(site.directory, 'node.pem'));
    await until(() => server.logged.length > 0);
    await sleep(100);
    expect(server.logged).toHaveLength(1);
    expect(server.logged[0]).toMatch(/node\.key: does not belong to the certificate .*node\.pem; .*stays in use/);
    expect(await servedBy(server, site.ca)).toBe('node');
    copyFileSync(join(site.directory, 'next.key'), join(site.directory, 'node.key'));
    await until(async () => (await servedBy(server, site.ca)) === 'next');
  });

  it('whose files are named before they are there is served when they are', async () => {
    const site = makeSite();
    const server = await startTestServer(site.file, { rereadEveryMs: 20 });
    writeFileSync(site.file, 'tls_server_config: {cert_file: next.pem, key_file: next.key}');
    await until(() => server.logged.length > 0);
    expect(server.logged[0]).toMatch(/next\.pem: cannot be read \(ENOENT\)/);
    makeCertificate(site.directory, 'next', 'ca');
    await until(async () => (await servedBy(server, site.ca)) === 'next');
  });

  it('is served at once when the agent is told to reload, and a bad one is said to be', async () => {
    const site = makeSite();
    makeCertificate(site.directory, 'next', 'ca');
    const server = await startTestServer(site.file);
    renew(site.directory, 'next', 'node');
    server.reload();
    expect(await servedBy(server, site.ca)).toBe('next');
    writeFileSync(join(site.directory, 'node.pem'), 'nonsense');
    expect(() => server.reload()).toThrow(/node\.pem: holds no certificate/);
    expect(await servedBy(server, site.ca)).toBe('next');
  });

  it('does not turn TLS off, nor the certificates of clients', async () => {
    const site = makeSite();
    const server = await startTestServer(site.file);
    site.write('  client_auth_type: RequestClientCert\n');
    expect(() => server.reload()).toThrow(/client_auth_type cannot change while the agent runs; restart it/);
    writeFileSync(site.file, '');
    expect(() => server.reload()).toThrow(/tls_server_config cannot change while the agent runs; restart it/);
    expect(await servedBy(server, site.ca)).toBe('node');
  });
});

it.skipIf(noOpenssl !== undefined)(`a key that others may read is refused at start${why}`, async () => {
  const site = makeSite();
  chmodSync(join(site.directory, 'node.key'), 0o644);
  await expect(startTestServer(site.file)).rejects.toThrow(/node\.key: holds a secret.*run chmod 640 /);
});

it.skipIf(noOpenssl !== undefined)(
  `a certificate that OpenSSL refuses ends the start with one line${why}`,
  async () => {
    const site = makeSite();
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    writeFileSync(join(site.directory, 'node.pem'), site.read('node.pem') + broken);
    await expect(startTestServer(site.file)).rejects.toThrow(
      /^\S+web\.yml: OpenSSL refuses it \(.+\); correct tls_server_config/,
    );
  },
);
