import type { AnyCheck, AnyCollector, SitePlugins } from '../api.ts';
import type { Config } from '../config/config.ts';
import type { Engine, EngineSettings } from '../engine/engine.ts';
import type { WebSecurity } from '../server/web/web-config.ts';
import type { Health } from './health.ts';
import type { Recorder } from './recorder.ts';
import type { Teller } from './telling.ts';

/** The configuration as it is on disk now. */
export interface Reread {
  readonly config: Config;
  readonly settings: EngineSettings;
  /** What is judged and asked: plugins come and go. */
  readonly checks: readonly AnyCheck[];
  readonly collectors: readonly AnyCollector[];
  readonly plugins: SitePlugins;
  readonly web: WebSecurity | undefined;
}

/** What came of reading the configuration again, on one line. */
export interface Reloaded {
  readonly ok: boolean;
  readonly line: string;
}

/** Settings that are taken up at the start only. */
const needsRestart = (before: Config, after: Config): readonly string[] =>
  (
    [
      ['node.name', before.nodeName, after.nodeName],
      ['web.listen', before.webListen, after.webListen],
      ['web.config_file', before.webConfigFile, after.webConfigFile],
      ['state_dir', before.stateDir, after.stateDir],
      ['runtime_dir', before.runtimeDir, after.runtimeDir],
      ['tools', JSON.stringify(before.tools), JSON.stringify(after.tools)],
      ['control.group', before.controlGroup, after.controlGroup],
      ['log.format', before.logFormat, after.logFormat],
      ['stragglers.enabled', before.stragglers, after.stragglers],
      ['events', JSON.stringify(before.events), JSON.stringify(after.events)],
    ] as const
  )
    .filter(([, old, next]) => old !== next)
    .map(([name]) => name);

/** Reads the configuration again, one reading after the other: a bad one is refused whole and the old one stays. */
export const createReload = (o: {
  readonly current: () => Config;
  readonly reread: () => Promise<Reread>;
  /** What may refuse: the certificates and passwords of the server. */
  readonly reloadWeb: (web: WebSecurity | undefined) => void;
  readonly engine: Engine;
  /** Everything else that follows the configuration; must not throw. */
  readonly apply: (next: Reread) => void;
  readonly health: Health;
  readonly recorder: Recorder;
  readonly teller: Teller;
}): (() => Promise<Reloaded>) => {
  const { engine, health, recorder, teller } = o;

  const reloadOnce = async (): Promise<Reloaded> => {
    try {
      const next = await o.reread();
      const restart = needsRestart(o.current(), next.config);
      if (!restart.includes('web.config_file')) o.reloadWeb(next.web);
      engine.configure(next.settings, next.checks);
      o.apply(next);
      health.configRefused(undefined);
      const rest = restart.length === 0 ? '' : `; ${restart.join(', ')} change at the next start`;
      const line = `the configuration was read again${rest}`;
      teller.tell(recorder.event('config_reloaded', line));
      return { ok: true, line };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      health.configRefused(reason);
      const line = `the configuration is refused and the old one stays: ${reason}`;
      teller.tell(recorder.event('config_refused', line, { severity: 'WARNING', reason }));
      return { ok: false, line };
    } finally {
      engine.offer('agent', health.value());
    }
  };

  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const mine = last.then(reloadOnce);
    last = mine;
    return mine;
  };
};
