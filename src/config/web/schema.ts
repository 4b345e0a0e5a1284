import * as v from 'valibot';
import { CIPHER_SUITES, CURVES } from './tls-names.ts';

const text = v.string('must be a text');
const flag = v.boolean('must be true or false');

/** RFC 9110: anything else ends the header, or the answer. */
const headerValue = v.pipe(text, v.regex(/^[\t\x20-\x7e]*$/, 'must be one line of ASCII'));

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(
    values,
    ({ input }) => `${JSON.stringify(input)} is not one of ${values.filter((value) => value !== '').join(', ')}`,
  );

/** RFC 8996 forbids TLS 1.0 and 1.1, and OpenSSL 3 refuses them at its default security level. */
const version = oneOf(['TLS12', 'TLS13']);

const clientAuth = oneOf([
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
]);

const section = <const T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, 'must hold keys and values; leave the key out where there are none');

/**
 * The web configuration file of Prometheus's exporter-toolkit (docs/web-configuration.md there). The entries of
 * `basic_auth_users` are read apart: their keys are names that people choose.
 */
export const webSchema = section({
  tls_server_config: v.optional(
    section({
      cert: v.optional(text),
      cert_file: v.optional(text),
      key: v.optional(text),
      key_file: v.optional(text),
      client_ca: v.optional(text),
      client_ca_file: v.optional(text),
      client_auth_type: v.optional(clientAuth),
      min_version: v.optional(version),
      max_version: v.optional(version),
      cipher_suites: v.optional(v.array(oneOf(Object.keys(CIPHER_SUITES)), 'must be a list')),
      prefer_server_cipher_suites: v.optional(flag),
      curve_preferences: v.optional(v.array(oneOf(Object.keys(CURVES)), 'must be a list')),
    }),
  ),
  http_server_config: v.optional(
    section({
      http2: v.optional(flag),
      headers: v.optional(
        section({
          'Content-Security-Policy': v.optional(headerValue),
          'X-Frame-Options': v.optional(oneOf(['', 'deny', 'sameorigin'])),
          'X-Content-Type-Options': v.optional(oneOf(['', 'nosniff'])),
          'X-XSS-Protection': v.optional(headerValue),
          'Strict-Transport-Security': v.optional(headerValue),
        }),
      ),
    }),
  ),
  basic_auth_users: v.optional(v.looseObject({}, 'must hold users and hashes; leave the key out where there are none')),
  rate_limit: v.optional(
    section({
      interval: v.pipe(
        v.union([v.string(), v.literal(0)], 'must be a duration, such as 100ms or 1s'),
        v.transform(String),
        v.regex(/^(0|\d+(ms|s|m|h))$/, 'is not a duration: write for example 100ms or 1s'),
      ),
      burst: v.optional(
        v.pipe(v.number('must be a number'), v.integer('must be a whole number'), v.minValue(1, 'must be above 0')),
        1,
      ),
    }),
  ),
});

export type WebFile = v.InferOutput<typeof webSchema>;
export type TlsSection = NonNullable<WebFile['tls_server_config']>;
