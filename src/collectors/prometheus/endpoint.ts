import { X509Certificate } from 'node:crypto';
import { prometheusFailure } from './failure.ts';

export interface Access {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly bearerToken?: string;
  /** Certificates in PEM to trust, instead of those that Node ships. */
  readonly ca?: string;
  readonly insecureSkipVerify?: boolean;
}

/** Where the query API is, and how it is spoken to. */
export interface Endpoint {
  /** Without credentials, for messages. */
  readonly name: string;
  readonly secure: boolean;
  readonly host: string;
  readonly port?: string;
  /** The path in front of `/api/v1`, without a slash at its end. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
  readonly insecureSkipVerify: boolean;
}

const parsed = (url: string): URL => {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !['http:', 'https:'].includes(address.protocol)) {
    const shown = JSON.stringify(url.replace(/\/\/[^/]*@/, '//').slice(0, 100));
    throw prometheusFailure(`${shown} is no address of a Prometheus; give one such as http://prometheus:9090`);
  }
  return address;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

// What HTTP allows in a header; Node throws for anything else (RFC 9110 section 5.5).
const SENDABLE = /^[\x20-\x7e]*$/;

const authorization = (
  name: string,
  { username, password, bearerToken }: Pick<Access, 'username' | 'password' | 'bearerToken'>,
): Readonly<Record<string, string>> => {
  if (bearerToken !== undefined && (username !== undefined || password !== undefined))
    throw prometheusFailure(`${name}: a bearer token and a user name are both given; give one of them`);
  if (bearerToken !== undefined) {
    const token = bearerToken.trim();
    if (token === '' || !SENDABLE.test(token))
      throw prometheusFailure(`${name}: the bearer token is empty or holds characters that HTTP cannot carry`);
    return { authorization: `Bearer ${token}` };
  }
  if (username === undefined && password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}` };
};

/** Node takes a text without a certificate for an empty list, and then trusts nobody. */
const authority = (name: string, ca: string): string => {
  try {
    new X509Certificate(ca);
    return ca;
  } catch {
    throw prometheusFailure(`${name}: the certificate of the authority cannot be read; give one in PEM`);
  }
};

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Reads the address as people write it: with a path in front, with or without `/api/v1`, with or without credentials. */
export const endpointOf = (access: Access): Endpoint => {
  const address = parsed(access.url);
  const { protocol, hostname, port } = address;
  const prefix = address.pathname.replace(/\/+$/, '').replace(/\/api\/v1(?:\/query(?:_range)?)?$/, '');
  const name = `${protocol}//${address.host}${prefix}`;
  if (address.search !== '' || address.hash !== '')
    throw prometheusFailure(`${name}: the address ends in a query or a fragment; give it without`);
  const username = access.username ?? (address.username === '' ? undefined : decoded(address.username));
  const password = access.password ?? (address.password === '' ? undefined : decoded(address.password));
  const credentials = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(access.bearerToken === undefined ? {} : { bearerToken: access.bearerToken }),
  };
  return {
    name,
    secure: protocol === 'https:',
    // Node's sockets take an IPv6 address without its brackets.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(port === '' ? {} : { port }),
    prefix,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      // Go's gzip costs the server three times what the query does, and saves nothing on the loopback (measured).
      ...(LOOPBACK.test(hostname) ? {} : { 'accept-encoding': 'gzip' }),
      ...authorization(name, credentials),
    },
    ...(access.ca === undefined ? {} : { ca: authority(name, access.ca) }),
    insecureSkipVerify: access.insecureSkipVerify ?? false,
  };
};
