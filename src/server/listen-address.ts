export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:9780`, `:9780` (every address), `[::1]:9780`; nothing for text that is none of these. */
export const parseListenAddress = (text: string): ListenAddress | undefined => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(text.trim());
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? '::' : host, port };
};

/** The address as it stands before a port. */
export const printedHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);
