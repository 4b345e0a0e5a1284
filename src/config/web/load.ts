import * as v from 'valibot';
import { secondsOf } from '../../duration.ts';
import { configError } from '../../errors.ts';
import type { RateLimit, WebConfig } from '../../server/web/web-config.ts';
import { isPlain } from '../plain.ts';
import { readTrusted } from '../trusted-file.ts';
import { parseYaml } from '../yaml-file.ts';
import { type WebFile, webSchema } from './schema.ts';
import { webTls } from './tls.ts';
import { webUsers } from './users.ts';

const holdsSecret = (text: string): boolean => /\$2[abxy]\$|PRIVATE KEY/.test(text);

/** What the format knows and Muster does not do; to pass over it would let in whom it shuts out. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  client_allowed_sans: 'is not supported; give the allowed clients a CA of their own and name it in client_ca_file',
};

const wordsOf = (issue: v.BaseIssue<unknown>, key: string): string => {
  if (issue.type !== 'strict_object') return issue.message;
  if (issue.expected === 'never') return UNSUPPORTED[key] ?? 'is not a setting that Muster knows';
  return issue.received === 'undefined' ? 'is missing' : issue.message;
};

const rateLimitOf = (section: WebFile['rate_limit']): RateLimit | undefined => {
  if (section === undefined) return undefined;
  const intervalMs = secondsOf(section.interval) * 1000;
  return intervalMs === 0 ? undefined : { intervalMs, burst: section.burst };
};

const headersOf = (given: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(given).map(([name, value = '']) => [name.toLowerCase(), value]));

/**
 * The web configuration file in exporter-toolkit's format, with the files that it names. Paths in it are relative to
 * it. Throws a coded error of one line: `file:line:column path: message`, or the file whose content or permissions
 * are at fault. No message shows a hash or a key.
 */
export const loadWebConfig = (file: string): WebConfig => {
  const { data, at } = parseYaml(file, readTrusted(file, { secret: holdsSecret }));
  const refuse = (path: readonly string[], words: string): never => {
    throw configError(`${at(path)} ${path.join('.')}: ${words}; see docs/web.md`);
  };
  const result = v.safeParse(webSchema, data);
  if (!result.success) {
    const [issue] = result.issues;
    const path = issue.path?.map(({ key }) => String(key)) ?? [];
    return refuse(path, wordsOf(issue, path.at(-1) ?? ''));
  }

  const { tls_server_config, http_server_config, rate_limit } = result.output;
  const { basic_auth_users } = data;
  const files = [file];
  const tls =
    tls_server_config === undefined
      ? undefined
      : webTls(tls_server_config, {
          file,
          refuse: (key, words) => refuse(['tls_server_config', key], words),
          noted: (path) => files.push(path),
        });
  const rateLimit = rateLimitOf(rate_limit);
  return {
    files,
    ...(tls === undefined ? {} : { tls }),
    users: isPlain(basic_auth_users) ? webUsers(basic_auth_users, at) : new Map(),
    headers: headersOf(http_server_config?.headers ?? {}),
    ...(rateLimit === undefined ? {} : { rateLimit }),
  };
};
