import type { AnyCollector, Host, S } from '../../api.ts';

/** A collector, and what it reached for while it was asked. */
export interface WatchedSource {
  readonly collector: AnyCollector;
  /** Tools that are looked for by name, with where each was found. */
  readonly tools: () => Promise<readonly { readonly tool: string; readonly at: S }[]>;
  /** Files and directories that it may not read. */
  readonly denied: () => readonly string[];
}

/** The same collector, whose steps are noted. */
export const watched = (collector: AnyCollector, toolAt: (tool: string) => Promise<S>): WatchedSource => {
  const tools = new Set<string>();
  const denied = new Set<string>();
  const noting = (host: Host): Host => ({
    ...host,
    run: (tool, args, o) => {
      if (!tool.includes('/')) tools.add(tool);
      return host.run(tool, args, o);
    },
    read: async (path) => {
      const read = await host.read(path);
      if (!read.ok && read.reason === 'denied') denied.add(path);
      return read;
    },
    list: async (path) => {
      const listed = await host.list(path);
      if (!listed.ok && listed.reason === 'denied') denied.add(path);
      return listed;
    },
  });
  return {
    collector: { ...collector, collect: (host: Host, signal: AbortSignal) => collector.collect(noting(host), signal) },
    tools: () => Promise.all([...tools].map(async (tool) => ({ tool, at: await toolAt(tool) }))),
    denied: () => [...denied],
  };
};
