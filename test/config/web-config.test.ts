import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadWebConfig } from '../../src/config/web/load.ts';
import type { WebConfig } from '../../src/server/web/web-config.ts';
import { makeAuthority, makeCertificate, noOpenssl } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** From exporter-toolkit's own example, docs/web-config.yml. */
const HASH = '$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze';

const write = (directory: string, text: string, mode = 0o640): string => {
  const file = join(directory, 'web.yml');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

const load = (text: string, mode?: number): WebConfig => loadWebConfig(write(temporaryDirectory(), text, mode));

/** What is wrong, with the file's directory left out. */
const problem = (text: string, directory = temporaryDirectory(), mode?: number): string => {
  const file = write(directory, text, mode);
  try {
    loadWebConfig(file);
  } catch (error) {
    return String((error as Error).message).replaceAll(`${directory}/`, '');
  }
  return 'nothing is wrong';
};

describe('the web configuration file', () => {
  it('may be empty', () => {
    expect(load('')).toMatchObject({ headers: {}, users: new Map() });
    expect(load('').tls).toBeUndefined();
  });

  it('holds users, headers and a rate', () => {
    const text = `
basic_auth_users:
  alice: ${HASH}
  constructor: ${HASH}
  __proto__: ${HASH}
http_server_config:
  http2: false
  headers: {Strict-Transport-Security: max-age=31536000, X-Frame-Options: deny, Content-Security-Policy: ''}
rate_limit: {interval: 100ms, burst: 20}
`;
    expect(load(text)).toMatchObject({
      users: new Map(['alice', 'constructor', '__proto__'].map((user) => [user, HASH])),
      headers: { 'strict-transport-security': 'max-age=31536000', 'x-frame-options': 'deny' },
      rateLimit: { intervalMs: 100, burst: 20 },
    });
  });

  it('with an interval of 0 limits no rate', () => {
    expect(load('rate_limit: {interval: 0}').rateLimit).toBeUndefined();
  });

  it.each([
    ['tls_server_confg: {}', 'web.yml:1:1 tls_server_confg: is not a setting that Muster knows; see docs/web.md'],
    ['[]', 'web.yml:1:1: the file must hold keys and values, not a list'],
    ['a: [', /^web\.yml:1:5: .*; mend the YAML$/],
    [
      'tls_server_config:\n  key_file: k',
      'web.yml:1:1 tls_server_config.cert_file: is missing; name the file in PEM form; see docs/web.md',
    ],
    [
      'tls_server_config:\n  cert_file: ""',
      'web.yml:2:3 tls_server_config.cert_file: is empty; name a file; see docs/web.md',
    ],
    [
      'tls_server_config:\n  cert: x\n  cert_file: y',
      'web.yml:2:3 tls_server_config.cert: stands beside cert_file; keep one of the two; see docs/web.md',
    ],
    [
      'tls_server_config:\n  cert_file: none.pem',
      'none.pem: cannot be read (ENOENT); check the path and its permissions',
    ],
    [
      'tls_server_config:\n  cert: nonsense',
      'web.yml cert: holds no certificate in PEM form; put the certificate there, then its intermediates',
    ],
    [
      'tls_server_config: {client_auth_type: Always}',
      'web.yml:1:21 tls_server_config.client_auth_type: "Always" is not one of NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert; see docs/web.md',
    ],
    [
      'tls_server_config:\n  client_allowed_sans: [a]',
      'web.yml:2:3 tls_server_config.client_allowed_sans: is not supported; give the allowed clients a CA of their own and name it in client_ca_file; see docs/web.md',
    ],
    [
      'tls_server_config: {min_version: TLS10}',
      'web.yml:1:21 tls_server_config.min_version: "TLS10" is not one of TLS12, TLS13; see docs/web.md',
    ],
    [
      'tls_server_config:\n  curve_preferences: [CurveP256, X25519MLKEM768]',
      'web.yml:2:34 tls_server_config.curve_preferences.1: "X25519MLKEM768" is not one of CurveP256, CurveP384, CurveP521, X25519; see docs/web.md',
    ],
    [
      'tls_server_config:\n  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]',
      /^web\.yml:2:19 tls_server_config\.cipher_suites\.0: "TLS_RSA_WITH_RC4_128_SHA" is not one of /,
    ],
    [
      'http_server_config: {headers: {X-Frame-Options: maybe}}',
      'web.yml:1:32 http_server_config.headers.X-Frame-Options: "maybe" is not one of deny, sameorigin; see docs/web.md',
    ],
    [
      'http_server_config: {headers: {X-Other: a}}',
      'web.yml:1:32 http_server_config.headers.X-Other: is not a setting that Muster knows; see docs/web.md',
    ],
    [
      'http_server_config: {headers: {X-XSS-Protection: "a\\r\\nb: c"}}',
      'web.yml:1:32 http_server_config.headers.X-XSS-Protection: must be one line of ASCII; see docs/web.md',
    ],
    [
      'basic_auth_users:',
      'web.yml:1:1 basic_auth_users: must hold users and hashes; leave the key out where there are none; see docs/web.md',
    ],
    [
      'basic_auth_users:\n  alice: secret',
      "web.yml:2:3 basic_auth_users.alice: is not a bcrypt hash; make one with htpasswd -nBC 10 '' | tr -d ':\\n'; see docs/web.md",
    ],
    [
      `basic_auth_users:\n  "a:b": ${HASH}`,
      'web.yml:2:3 basic_auth_users.a:b: a user name cannot hold a colon; rename the user; see docs/web.md',
    ],
    [
      `basic_auth_users:\n  bob: ${HASH.replace('$10$', '$18$')}`,
      'web.yml:2:3 basic_auth_users.bob: has a cost of 18, outside 4 to 14; make a hash of cost 10; see docs/web.md',
    ],
    ['rate_limit: {burst: 1}', 'web.yml:1:1 rate_limit.interval: is missing; see docs/web.md'],
    [
      'rate_limit: {interval: soon}',
      'web.yml:1:14 rate_limit.interval: is not a duration: write for example 100ms or 1s; see docs/web.md',
    ],
    ['rate_limit: {interval: 1s, burst: 0}', 'web.yml:1:28 rate_limit.burst: must be above 0; see docs/web.md'],
  ])('%j is refused', (text, message) => {
    const said = problem(text);
    if (typeof message === 'string') expect(said).toBe(message);
    else expect(said).toMatch(message);
    expect(said).not.toContain('\n');
  });

  it('that holds hashes must be closed to others', () => {
    const text = `basic_auth_users: {alice: ${HASH}}`;
    expect(problem(text, temporaryDirectory(), 0o644)).toBe(
      'web.yml: holds a secret, and others may reach it (mode 0644); run chmod 640 web.yml',
    );
    expect(problem(text)).toBe('nothing is wrong');
    expect(problem('', temporaryDirectory(), 0o644)).toBe('nothing is wrong');
  });

  it('may not be written by others, whatever it holds', () => {
    expect(problem('', temporaryDirectory(), 0o666)).toMatch(/^web\.yml: its group or others may write it/);
  });
});

describe.skipIf(noOpenssl !== undefined)(
  `certificates${noOpenssl === undefined ? '' : ` (skipped: ${noOpenssl})`}`,
  () => {
    let directory = '';
    // Made anew for each test, since temporary directories go with theirs.
    const prepare = (): void => {
      directory = temporaryDirectory();
      makeAuthority(directory, 'ca');
      makeCertificate(directory, 'node', 'ca');
    };

    it('are named relative to the file, and each file is known', () => {
      prepare();
      const file = write(
        directory,
        `tls_server_config:
  cert_file: node.pem
  key_file: ./node.key
  client_ca_file: ${directory}/ca.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
  curve_preferences: [X25519, CurveP256]
`,
      );
      const config = loadWebConfig(file);
      expect(config.files).toEqual([file, ...['node.pem', 'node.key', 'ca.pem'].map((name) => join(directory, name))]);
      expect(config.tls).toMatchObject({
        minVersion: 'TLSv1.3',
        maxVersion: 'TLSv1.3',
        clientAuth: 'RequireAndVerifyClientCert',
        curves: 'X25519:P-256',
      });
      expect(config.tls?.ciphers).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
    });

    it.each([
      ['key_file: ca.key', 'ca.key: does not belong to the certificate in node.pem; renew both together'],
      ['key_file: node.pem', 'node.pem: holds a secret, and others may reach it (mode 0644); run chmod 640 node.pem'],
      ['key: nonsense', 'web.yml key: holds no private key in PEM form without a passphrase; put one there'],
      [
        'key_file: node.key\n  client_ca_file: ca.pem',
        'web.yml:4:3 tls_server_config.client_ca_file: has no effect without client_auth_type; set it to RequireAndVerifyClientCert; see docs/web.md',
      ],
      [
        'key_file: node.key\n  client_auth_type: VerifyClientCertIfGiven',
        'web.yml:4:3 tls_server_config.client_auth_type: VerifyClientCertIfGiven needs client_ca_file; name the CA of the clients; see docs/web.md',
      ],
      [
        'key_file: node.key\n  min_version: TLS13\n  max_version: TLS12',
        'web.yml:4:3 tls_server_config.min_version: TLS13 is above max_version TLS12; swap them; see docs/web.md',
      ],
    ])('%j is refused', (rest, message) => {
      prepare();
      expect(problem(`tls_server_config:\n  cert_file: node.pem\n  ${rest}`, directory)).toBe(message);
    });

    it('with a key that others may read are refused', () => {
      prepare();
      chmodSync(join(directory, 'node.key'), 0o644);
      expect(problem('tls_server_config: {cert_file: node.pem, key_file: node.key}', directory)).toBe(
        'node.key: holds a secret, and others may reach it (mode 0644); run chmod 640 node.key',
      );
    });
  },
);
