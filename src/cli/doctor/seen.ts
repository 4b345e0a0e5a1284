import { checks } from '../../../checks/index.ts';
import { loadMemory } from '../../agent/memory.ts';
import { known, type Reading } from '../../api.ts';
import type { Config } from '../../config/config.ts';
import { type Layer, loadConfig, loadLayers } from '../../config/load.ts';
import { withMachine } from '../../config/machine.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import type { Suppression } from '../../engine/suppressions.ts';
import { type Asked, askDaemon } from '../control-client.ts';
import { engineFor, type Machine, openMachine } from '../machine.ts';
import type { MachineOptions } from '../machine-options.ts';
import { type WatchedSource, watched } from './watched.ts';

/** Everything that the report is made of: what is configured, and what this machine answers now. */
export interface Seen {
  readonly config: Config;
  readonly layers: readonly Layer[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly machine: Machine;
  readonly sources: readonly WatchedSource[];
  /** Before a job, and while nothing is asked: a check may count in one of them only. */
  readonly prejob: Snapshot;
  readonly continuous: Snapshot;
  readonly agent: Asked;
  /** What operators told the agent, as it left it for runs without one. */
  readonly told: Reading<readonly Suppression[]>;
  /** Unix ms. */
  readonly now: number;
}

/** As long as a validation waits for one. */
const AGENT_DEADLINE_MS = 2000;

/** Reads the configuration, opens the machine, asks every source once and hands all of it over. Each step is bounded. */
export const withSeen = async <T>(
  options: MachineOptions & { readonly timeout: number },
  use: (seen: Seen) => Promise<T>,
): Promise<T> => {
  const { env } = process;
  const given = { env, checks, ...(options.config === undefined ? {} : { file: options.config }) };
  const layers = await loadLayers(given);
  const config = withMachine(await loadConfig(given), undefined);
  const machine = await openMachine(config, options);
  try {
    const agent = askDaemon(machine.runtimeDir, 'verdict', {}, { deadlineMs: AGENT_DEADLINE_MS });
    const engine = engineFor(machine, config, checks);
    const sources = machine.collectors
      .filter(({ active }) => active !== true)
      .map((collector) => watched(collector, machine.toolAt));
    // All at once, as a validation does: together they take as long as the slowest.
    await Promise.all(
      sources.map(({ collector }) => engine.collect(collector, Math.min(collector.deadlineMs, options.timeout * 1000))),
    );
    const memory = await loadMemory(machine.stateDir);
    const assess = (context: 'prejob' | 'continuous'): Snapshot =>
      engine.assess({ context, lifetimes: 'ignore', keepStale: true });
    return await use({
      config,
      layers,
      env,
      machine,
      sources,
      prejob: assess('prejob'),
      continuous: assess('continuous'),
      agent: await agent,
      told: memory.ok ? known(memory.value.suppressions.filter(({ until }) => until > Date.now())) : memory,
      now: Date.now(),
    });
  } finally {
    await machine.close();
  }
};
