import type { Injection } from '../agent/control.ts';
import type { AnyCheck, AnyCollector, Host, S } from '../api.ts';
import { createCollectors } from '../collectors/index.ts';
import type { Config } from '../config/config.ts';
import { type AbandonedChildren, createEngine, type Engine, type EngineSettings } from '../engine/engine.ts';
import { readNode } from '../engine/node.ts';
import type { NodeIdentity } from '../engine/snapshot.ts';
import { MusterError } from '../errors.ts';
import { createMachineHost, type MachineOptions as HostOptions } from '../host/machine.ts';
import { selfCommand } from '../host/self-command.ts';
import { findTool } from '../host/tools.ts';
import type { MockSession } from '../mock/session.ts';

/** The machine that a verb reads: this one or a simulated one, seen through the same host. */
export interface Machine {
  readonly host: Host;
  readonly abandoned: AbandonedChildren;
  readonly node: NodeIdentity;
  readonly collectors: readonly AnyCollector[];
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** Goes on after this record of the kernel log, before it is read for the first time. */
  readonly resumeKernelLog: (sequence: number) => void;
  /** By which a child of ours opens the same machine. */
  readonly door: HostOptions;
  /** The same machine with other variables for its tools. */
  readonly tools: (env: Readonly<Record<string, string>>) => Pick<Host, 'run'>;
  /** Where a tool would be started from. */
  readonly toolAt: (tool: string) => Promise<S>;
  /** Faults while it runs; of a simulated machine only. */
  readonly injection: Injection | undefined;
  close(): Promise<void>;
}

const openMock = async (spec: string): Promise<MockSession> => {
  const { startMock } = await import('../mock/session.ts');
  const started = await startMock({ spec, command: selfCommand(['mock-owner']) });
  if (!started.ok) throw new MusterError('MUSTER_MOCK', started.error);
  return started.value;
};

const given = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]: string });

/** Opens the machine; a root that is set explicitly wins over a simulated machine's own. */
export const openMachine = async (config: Config, o: { readonly mock?: string }): Promise<Machine> => {
  const mock = o.mock === undefined ? undefined : await openMock(o.mock);
  const { roots } = config;
  const { explicit } = config;
  const stateDir = (explicit.stateDir ? undefined : mock?.env.MUSTER_STATE_DIR) ?? config.stateDir;
  const runtimeDir = (explicit.runtimeDir ? undefined : mock?.env.MUSTER_RUNTIME_DIR) ?? config.runtimeDir;
  const tools = { runtimeDir, tools: mock === undefined ? config.tools : {}, path: mock?.env.PATH ?? process.env.PATH };
  const door = {
    ...tools,
    ...given('sysfsRoot', mock?.sysfsRoot ?? roots.sysfs),
    ...given('procRoot', mock?.procRoot ?? roots.proc),
    ...given('kmsg', mock?.kmsg ?? roots.kmsg),
  };
  const host = createMachineHost(door);
  const node = await readNode(host, { name: config.nodeName, ...(o.mock === undefined ? {} : { mock: o.mock }) });
  return {
    host,
    abandoned: host.abandoned,
    node,
    // The inventory asks the real host, whose name and serial have no place in a simulation.
    collectors: createCollectors({ inventoryCommand: selfCommand(['inventory-child']) }).filter(
      ({ id }) => mock === undefined || id !== 'inventory',
    ),
    stateDir,
    runtimeDir,
    resumeKernelLog: host.resumeKernelLog,
    door,
    tools: (env) => createMachineHost({ ...tools, env }),
    toolAt: (tool) => findTool(tool, tools),
    injection: mock,
    close: async () => {
      host.close();
      await mock?.stop();
    },
  };
};

/** The part of the configuration that judging depends on. */
export const settingsOf = (config: Config, checks: readonly AnyCheck[]): EngineSettings => ({
  ...(config.machine === undefined ? {} : { machine: config.machine }),
  siteProfiles: config.siteProfiles,
  pins: config.pins,
  checks: config.gpus === 'none' ? withoutGpus(config, checks) : config.checks,
  optionalSources: config.optionalSources,
  nicRoles: config.nicRoles,
  kernelLogTrust: config.kernelLogTrust,
  suppressions: config.suppressions,
});

/** An engine that judges this machine by the configuration in force; a long-lived one gets a monotonic clock. */
export const engineFor = (
  { host, node, abandoned }: Pick<Machine, 'host' | 'abandoned' | 'node'>,
  config: Config,
  checks: readonly AnyCheck[],
  o: { readonly monotonicMs?: () => number } = {},
): Engine => createEngine({ host, node, abandoned, checks, settings: settingsOf(config, checks), ...o });

/** The node has no GPUs and says so: nothing about them is asked. */
const withoutGpus = ({ checks: configured }: Config, checks: readonly AnyCheck[]): Config['checks'] => ({
  ...Object.fromEntries(
    checks.filter(({ id }) => id.startsWith('gpu/')).map(({ id }) => [id, { mode: 'off', options: {} }]),
  ),
  ...configured,
});
