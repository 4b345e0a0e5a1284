import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** What an answer says, encoded when it is first asked for and then kept. */
export interface Body {
  readonly bytes: Buffer;
  gzipped(): Promise<Buffer>;
}

export const bodyOf = (text: string): Body => {
  const bytes = Buffer.from(text, 'utf8');
  let compressed: Promise<Buffer> | undefined;
  return {
    bytes,
    // Level 1: a scrape crosses the network once, and the agent's share of the CPU is the scarcer good.
    gzipped: () => {
      compressed ??= compress(bytes, { level: 1 });
      return compressed;
    },
  };
};
