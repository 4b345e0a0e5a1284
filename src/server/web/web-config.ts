/** Who must show a certificate, in the words of Go's `tls.ClientAuthType`, which the file format uses. */
export type ClientAuth =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert';

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface WebTls {
  /** PEM: the certificate, then its intermediates. */
  readonly cert: string;
  /** PEM, not encrypted. */
  readonly key: string;
  readonly clientAuth: ClientAuth;
  /** PEM. */
  readonly clientCa?: string;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's names, joined by colons. */
  readonly ciphers?: string;
  readonly preferServerCiphers: boolean;
  /** OpenSSL's names, joined by colons. */
  readonly curves?: string;
}

export interface RateLimit {
  readonly intervalMs: number;
  readonly burst: number;
}

/** The web configuration file as plain data: the files that it names have been read. */
export interface WebConfig {
  /** Every file that was read, the configuration first. */
  readonly files: readonly string[];
  readonly tls?: WebTls;
  /** bcrypt hashes by user; with none, nobody is asked for a password. */
  readonly users: ReadonlyMap<string, string>;
  /** By lower-case name; they win over the server's own, and an empty one takes that away. */
  readonly headers: Readonly<Record<string, string>>;
  readonly rateLimit?: RateLimit;
}

/** Where the server gets its protection from, now and whenever one of the files changes. */
export interface WebSecurity {
  /** Throws a coded error of one line where the files cannot be used. */
  readonly read: () => WebConfig;
}

export const UNPROTECTED: WebConfig = { files: [], users: new Map(), headers: {} };
