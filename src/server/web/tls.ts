import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { ClientAuth, WebTls } from './web-config.ts';

/** What may change while the server runs. */
export const secureContextOf = (tls: WebTls): SecureContextOptions => ({
  cert: tls.cert,
  key: tls.key,
  minVersion: tls.minVersion,
  maxVersion: tls.maxVersion,
  honorCipherOrder: tls.preferServerCiphers,
  ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }),
  ...(tls.ciphers === undefined ? {} : { ciphers: tls.ciphers }),
  ...(tls.curves === undefined ? {} : { ecdhCurve: tls.curves }),
});

/** What the handshake itself sees to. */
export const clientAuthOf = (auth: ClientAuth): { requestCert: boolean; rejectUnauthorized: boolean } => ({
  requestCert: auth !== 'NoClientCert',
  rejectUnauthorized: auth === 'RequireAndVerifyClientCert',
});

/** What Node's handshake does not know: a certificate of anybody's is required, or one that is given must be good. */
export const isShutOut = (auth: ClientAuth, socket: TLSSocket): boolean => {
  const given = socket.getPeerX509Certificate() !== undefined;
  if (auth === 'RequireAnyClientCert') return !given;
  return auth === 'VerifyClientCertIfGiven' && given && !socket.authorized;
};
