import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { currentBootId, describeProcess, isAlive, pidNamespace, processStat } from './process-stat.ts';
import { toolName } from './tools.ts';

/** A child that would not die: what it takes to recognise it later, from another process too. */
export interface AbandonedChild {
  readonly tool: string;
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly sinceUnixMs: number;
}

/**
 * Children that outlived SIGKILL. While one lives its tool is not started again, by any process that shares the runtime
 * directory: each start would add another process stuck in the driver.
 */
export interface Abandoned {
  add(tool: string, pid: number, sinceUnixMs: number): void;
  /** The living abandoned children of a tool, oldest first; records of dead ones are removed. */
  of(tool: string): readonly AbandonedChild[];
  /** `has been hanging for 94 s, pid 1234, D state in percpu_rwsem_wait`, when one lives. */
  describe(tool: string): string | undefined;
  count(): number;
  oldestSeconds(tool: string): number;
}

const isRecord = (value: unknown): value is AbandonedChild => {
  if (typeof value !== 'object' || value === null) return false;
  const v = value as Record<string, unknown>;
  return (
    typeof v.tool === 'string' &&
    Number.isSafeInteger(v.pid) &&
    typeof v.startTicks === 'string' &&
    typeof v.bootId === 'string' &&
    typeof v.pidNamespace === 'string' &&
    Number.isFinite(v.sinceUnixMs)
  );
};

const readRecord = (file: string): AbandonedChild | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const fileNameOf = (child: AbandonedChild): string =>
  `${child.tool.replaceAll(/[^\w.-]/g, '_')}-${child.pid}-${child.startTicks}.json`;

// Not `recursive`: Node tries for ever where the filesystem answers ENOENT for a new entry, as /proc does.
const makeDirectories = (directory: string): void => {
  for (const each of [dirname(directory), directory]) if (!existsSync(each)) mkdirSync(each, { mode: 0o755 });
};

/** Keeps the records as `<runtimeDir>/abandoned/<tool>-<pid>-<start>.json`; in memory alone where that cannot be written. */
export const createAbandoned = (runtimeDir: string | undefined, clock: Clock = systemClock): Abandoned => {
  const directory = runtimeDir === undefined ? undefined : join(runtimeDir, 'abandoned');
  const inMemory = new Map<string, AbandonedChild>();
  const bootId = currentBootId();
  const namespace = pidNamespace();

  const forget = (name: string): void => {
    inMemory.delete(name);
    if (directory === undefined) return;
    try {
      rmSync(join(directory, name), { force: true });
    } catch {
      // A record that cannot be removed does no harm: it is checked against /proc each time.
    }
  };

  const store = (name: string, child: AbandonedChild): void => {
    inMemory.set(name, child);
    if (directory === undefined) return;
    try {
      makeDirectories(directory);
      const partial = join(directory, `.${name}.${process.pid}`);
      writeFileSync(partial, `${JSON.stringify(child)}\n`);
      renameSync(partial, join(directory, name));
    } catch {
      // Without the directory only this process knows; it still does not start the tool again.
    }
  };

  const onDisk = (): readonly (readonly [string, AbandonedChild])[] => {
    if (directory === undefined) return [];
    try {
      return readdirSync(directory)
        .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
        .flatMap((name) => {
          const child = readRecord(join(directory, name));
          return child === undefined ? [] : [[name, child] as const];
        });
    } catch {
      return [];
    }
  };

  const living = (): readonly AbandonedChild[] => {
    const children: AbandonedChild[] = [];
    for (const [name, child] of new Map([...onDisk(), ...inMemory])) {
      if (child.bootId !== bootId) forget(name);
      // In another pid namespace nothing can be said about it: its own side removes it.
      else if (child.pidNamespace !== namespace) continue;
      else if (isAlive(child.pid, child.startTicks)) children.push(child);
      else forget(name);
    }
    return children.sort((a, b) => a.sinceUnixMs - b.sinceUnixMs);
  };

  const of = (tool: string): readonly AbandonedChild[] => living().filter((child) => child.tool === toolName(tool));
  const secondsOf = (child: AbandonedChild): number => Math.max(0, (clock.wallMs() - child.sinceUnixMs) / 1000);

  return {
    add: (tool, pid, sinceUnixMs) => {
      const startTicks = processStat(pid)?.startTicks;
      if (startTicks === undefined) return;
      const child = { tool: toolName(tool), pid, startTicks, bootId, pidNamespace: namespace, sinceUnixMs };
      store(fileNameOf(child), child);
    },
    of,
    describe: (tool) => {
      const oldest = of(tool)[0];
      if (oldest === undefined) return undefined;
      return `has been hanging for ${Math.round(secondsOf(oldest))} s, ${describeProcess(oldest.pid)}`;
    },
    count: () => living().length,
    oldestSeconds: (tool) => {
      const oldest = of(tool)[0];
      return oldest === undefined ? 0 : secondsOf(oldest);
    },
  };
};
