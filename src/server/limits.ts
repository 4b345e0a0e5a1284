export interface Limits {
  readonly connections: number;
  readonly headerBytes: number;
  readonly handshakeMs: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly responseMs: number;
  readonly keepAliveMs: number;
  /** How often Node looks for requests that are late; 30 s by itself. */
  readonly checkEveryMs: number;
}

/** Generous for a scraper and a person, small for somebody who opens connections and says nothing. */
export const LIMITS: Limits = {
  connections: 64,
  headerBytes: 8192,
  handshakeMs: 5_000,
  headersMs: 5_000,
  requestMs: 10_000,
  // Prometheus gives a scrape 10 s by default; nobody waits three times that for a page.
  responseMs: 30_000,
  keepAliveMs: 65_000,
  checkEveryMs: 2_000,
};
