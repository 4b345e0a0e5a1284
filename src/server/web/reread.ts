import { isDeepStrictEqual } from 'node:util';
import { statesOf } from './changed-files.ts';
import type { WebConfig, WebSecurity } from './web-config.ts';

/** Soon enough for a renewal, and four `stat` each time cost nothing. */
const LOOK_EVERY_MS = 5_000;

export interface Reread {
  /** Reads now. Throws where the files cannot be used; what was in use stays. */
  reload(security?: WebSecurity): void;
  stop(): void;
}

/** Hands on the configuration whenever its files change. One that cannot be used is logged, and the old one stays. */
export const rereadOnChange = (o: {
  readonly security: WebSecurity;
  readonly first: WebConfig;
  /** Throws where the new configuration cannot be used. */
  readonly use: (config: WebConfig) => void;
  readonly log: (line: string) => void;
  readonly everyMs?: number;
}): Reread => {
  let { security, first: config } = o;
  let seen: string | undefined;
  let failure: string | undefined;
  let looking = false;

  const reload = (from: WebSecurity = security): void => {
    const next = from.read();
    const isNew = !isDeepStrictEqual(next, config);
    if (isNew) o.use(next);
    security = from;
    config = next;
    failure = undefined;
    if (isNew) o.log(`web configuration read again: ${next.files.join(' ')}`);
  };

  const look = async (): Promise<void> => {
    const states = await statesOf(config.files);
    // A file that the configuration newly names is not looked at yet: what failed is tried again.
    if (states === seen && failure === undefined) return;
    seen = states;
    try {
      reload();
    } catch (error) {
      const line = error instanceof Error ? error.message : String(error);
      if (line !== failure) o.log(`${line} (until then, what was read before stays in use)`);
      failure = line;
    }
  };

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, o.everyMs ?? LOOK_EVERY_MS).unref();

  return { reload, stop: () => clearInterval(timer) };
};
