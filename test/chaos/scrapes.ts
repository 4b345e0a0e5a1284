import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One scrape of /metrics: what it cost and what it said. */
export interface Scrape {
  /** When it was asked (Unix ms). */
  readonly at: number;
  readonly ms: number;
  /** Why there was no answer. */
  readonly error?: string;
  /** pass, warning, critical or unknown by check; a check that is skipped is absent. */
  readonly states: Readonly<Record<string, string>>;
  /** The labels of each `muster_finding_active`. */
  readonly findings: readonly string[];
  readonly residentBytes: number;
  readonly abandoned: number;
  readonly eventsInMemoryOnly: number;
}

export const isAnswered = (scrape: Scrape): boolean => scrape.error === undefined;

export interface Scraper {
  /** In the order in which they were asked; grows. */
  readonly scrapes: readonly Scrape[];
  stop(): Promise<void>;
}

const NOTHING = { states: {}, findings: [], residentBytes: 0, abandoned: 0, eventsInMemoryOnly: 0 };

/** Scrapes an agent five times a second until it is stopped. */
export const startScraper = (url: string): Scraper => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'poll.mjs'), `${url}/metrics`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const scrapes: Scrape[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    scrapes.push({ ...NOTHING, ...(JSON.parse(line) as Partial<Scrape> & Pick<Scrape, 'at' | 'ms'>) });
  });
  return {
    scrapes,
    stop: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};
