import type { WebConfig } from './web-config.ts';

/** 127.0.0.0/8 and ::1, also as IPv6 writes IPv4. */
const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === '::1';

/** What a site should know about where the server listens; `address` is the bound one. */
export const webWarnings = (address: string, listen: string, { tls, users }: WebConfig): readonly string[] => {
  if (isLoopback(address) || tls !== undefined) return [];
  return users.size > 0
    ? [`web.listen ${listen}: passwords cross the network in clear text; set tls_server_config in web.config_file`]
    : [
        `web.listen ${listen}: open to the network without TLS or password; set web.config_file, or listen on 127.0.0.1`,
      ];
};
