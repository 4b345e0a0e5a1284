import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { absent, known, type S } from '../api.ts';
import { monotonicMs } from '../engine/elapsed.ts';
import type { FactMap } from '../engine/snapshot.ts';
import type { FactsFile } from './messages.ts';

/** Plugins that are asked together see the same facts, which are written once. */
const SHARED_MS = 1000;
/** The facts of eight GPUs and a full kernel log take about one. */
const MOST_BYTES = 16 << 20;

/** The facts of the moment as a file that plugins read, so that none of them asks nvidia-smi again. */
export interface FactsForPlugins {
  /** Its path, once the facts are in it. */
  written(): Promise<S>;
  remove(): void;
}

export const createFactsFile = (o: {
  readonly directory: string;
  readonly facts: () => FactMap;
  readonly node: string;
  readonly context: string;
  readonly now: () => number;
}): FactsForPlugins => {
  // Of this process alone: a validation beside the agent has facts of its own.
  const file = join(o.directory, `facts-${process.pid}.json`);
  let last: { readonly atMs: number; readonly path: Promise<S> } | undefined;

  const write = async (): Promise<S> => {
    const content: FactsFile = {
      schema_version: 1,
      at: o.now(),
      node: o.node,
      context: o.context,
      facts: Object.fromEntries(Object.entries(o.facts()).filter(([name]) => !name.startsWith('plugin:'))) as never,
    };
    const text = JSON.stringify(content);
    if (text.length > MOST_BYTES) return absent('failed', `the facts for plugins are more than ${MOST_BYTES} bytes`);
    try {
      for (const each of [dirname(o.directory), o.directory]) if (!existsSync(each)) mkdirSync(each, { mode: 0o755 });
      await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
      await rename(`${file}.new`, file);
      return known(file);
    } catch (error) {
      await rm(`${file}.new`, { force: true }).catch(() => undefined);
      const { code } = error as NodeJS.ErrnoException;
      return absent('failed', `the facts for plugins cannot be written to ${file} (${code})`);
    }
  };

  return {
    written: () => {
      const atMs = monotonicMs();
      if (last === undefined || atMs - last.atMs > SHARED_MS) last = { atMs, path: write() };
      return last.path;
    },
    remove: () => {
      try {
        rmSync(file, { force: true });
      } catch {
        // A directory that became read-only: the file goes with the boot.
      }
    },
  };
};
