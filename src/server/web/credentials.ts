export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** RFC 7617: `Basic`, then base64 of `user:password`; the first colon parts them. Nothing for any other header. */
export const basicCredentials = (authorization: string | undefined): Credentials | undefined => {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
};
