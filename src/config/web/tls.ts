import { createPrivateKey, X509Certificate } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { configError } from '../../errors.ts';
import type { TlsVersion, WebTls } from '../../server/web/web-config.ts';
import { readTrusted } from '../trusted-file.ts';
import type { TlsSection } from './schema.ts';
import { opensslCiphers, opensslCurves } from './tls-names.ts';

const VERSIONS = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const satisfies Record<string, TlsVersion>;

type Part = 'cert' | 'key' | 'client_ca';

interface Pem {
  readonly text: string;
  /** Where it was read, for messages. */
  readonly from: string;
}

const parses = <T>(parse: () => T): T | undefined => {
  try {
    return parse();
  } catch {
    return undefined;
  }
};

/** Reads what the section names; `refuse` throws with the line of a key, `noted` is told of every file. */
export const webTls = (
  section: TlsSection,
  o: {
    readonly file: string;
    readonly refuse: (key: string, words: string) => never;
    readonly noted: (file: string) => void;
  },
): WebTls => {
  const { refuse } = o;

  const pem = (part: Part): Pem | undefined => {
    const inline = section[part];
    const named = section[`${part}_file`];
    if (inline !== undefined && named !== undefined) refuse(part, `stands beside ${part}_file; keep one of the two`);
    if (inline !== undefined) return { text: inline, from: `${o.file} ${part}` };
    if (named === undefined) return undefined;
    if (named === '') refuse(`${part}_file`, 'is empty; name a file');
    const path = resolve(dirname(o.file), named);
    o.noted(path);
    return { text: readTrusted(path, { secret: () => part === 'key' }), from: path };
  };

  const needed = (part: Part): Pem => pem(part) ?? refuse(`${part}_file`, 'is missing; name the file in PEM form');

  const cert = needed('cert');
  const leaf =
    parses(() => new X509Certificate(cert.text)) ??
    refuseFile(cert, 'holds no certificate in PEM form; put the certificate there, then its intermediates');
  const key = needed('key');
  const privateKey =
    parses(() => createPrivateKey(key.text)) ??
    refuseFile(key, 'holds no private key in PEM form without a passphrase; put one there');
  if (!leaf.checkPrivateKey(privateKey))
    refuseFile(key, `does not belong to the certificate in ${cert.from}; renew both together`);

  const clientCa = pem('client_ca');
  if (clientCa !== undefined && parses(() => new X509Certificate(clientCa.text)) === undefined)
    refuseFile(clientCa, 'holds no certificate in PEM form; put the CA of the clients there');
  const clientAuth = section.client_auth_type ?? 'NoClientCert';
  if (clientCa !== undefined && clientAuth === 'NoClientCert')
    refuse('client_ca_file', 'has no effect without client_auth_type; set it to RequireAndVerifyClientCert');
  if (clientCa === undefined && clientAuth.includes('Verify'))
    refuse('client_auth_type', `${clientAuth} needs client_ca_file; name the CA of the clients`);

  const { min_version: min = 'TLS12', max_version: max = 'TLS13' } = section;
  if (VERSIONS[min] > VERSIONS[max]) refuse('min_version', `${min} is above max_version ${max}; swap them`);
  const { cipher_suites: suites = [], curve_preferences: curves = [] } = section;

  return {
    cert: cert.text,
    key: key.text,
    clientAuth,
    ...(clientCa === undefined ? {} : { clientCa: clientCa.text }),
    minVersion: VERSIONS[min],
    maxVersion: VERSIONS[max],
    ...(suites.length === 0 ? {} : { ciphers: opensslCiphers(suites) }),
    preferServerCiphers: section.prefer_server_cipher_suites ?? true,
    ...(curves.length === 0 ? {} : { curves: opensslCurves(curves) }),
  };
};

const refuseFile = ({ from }: Pem, words: string): never => {
  throw configError(`${from}: ${words}`);
};
