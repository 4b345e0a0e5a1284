import { checks as builtIn } from '../../checks/index.ts';
import { startAgent } from '../agent/agent.ts';
import { createLog } from '../agent/log.ts';
import type { Config } from '../config/config.ts';
import { readEnforcement } from '../config/enforcement.ts';
import { expiredWarnings } from '../config/expired.ts';
import { loadConfig } from '../config/load.ts';
import { withMachine } from '../config/machine.ts';
import { loadWebConfig } from '../config/web/load.ts';
import { monotonicMs } from '../engine/elapsed.ts';
import { configError } from '../errors.ts';
import { groupId } from '../host/groups.ts';
import { createSystemd } from '../integrations/systemd.ts';
import type { WebSecurity } from '../server/web/web-config.ts';
import { leaveNow, leaveStuck } from './leave.ts';
import { engineFor, openMachine, settingsOf } from './machine.ts';
import type { MachineOptions } from './machine-options.ts';
import { type AskedPlugins, askPlugins, openSite, refusals, type Site } from './site.ts';
import { VERSION } from './version.ts';

export interface AgentOptions extends MachineOptions {
  readonly 'web.listen'?: string;
  readonly 'web.config.file'?: string;
  readonly machine?: string;
}

/** systemd and Kubernetes kill what does not stop; the budget of a clean stop is 2 s. */
const STOP_LIMIT_MS = 1500;

/** Files and environment, then flags. */
const effective = async (options: AgentOptions): Promise<{ config: Config; web: WebSecurity | undefined }> => {
  const loaded = await loadConfig({
    env: process.env,
    checks: builtIn,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const { 'web.listen': webListen, 'web.config.file': webConfigFile } = options;
  const config = {
    ...withMachine(loaded, options.machine),
    ...(webListen === undefined ? {} : { webListen }),
    ...(webConfigFile === undefined ? {} : { webConfigFile }),
  };
  const file = config.webConfigFile;
  const web = file === undefined ? undefined : { read: () => loadWebConfig(file) };
  // Read here too, so that a bad one is refused before anything is changed.
  web?.read();
  return { config, web };
};

/** The group whose members may use the control socket. */
const controlGidOf = ({ controlGroup: name }: Config): number | undefined => {
  if (name === undefined) return undefined;
  const gid = groupId(name);
  if (gid === undefined) throw configError(`control.group ${name}: there is no such group; groupadd ${name}`);
  return gid;
};

/** Kills the tools that still run: to return would be to wait for their deadlines. */
const leave = (isWritten: boolean): never => {
  // A write that is stuck in the kernel keeps the exit back as a read does.
  if (!isWritten) leaveNow(0);
  leaveStuck(0);
  return process.exit(0);
};

/** Runs until SIGTERM or SIGINT; SIGHUP reads the configuration again. */
export const agent = async (options: AgentOptions): Promise<number> => {
  const { config, web } = await effective(options);
  const { logger: log, flushed } = createLog({
    level: config.logLevel,
    env: process.env,
    ...(config.logFormat === undefined ? {} : { format: config.logFormat }),
  });
  const warnOfExpired = (read: Config): void => {
    for (const line of expiredWarnings(read, Date.now())) log.warn(line);
  };
  warnOfExpired(config);
  const controlGid = controlGidOf(config);
  // Before anything takes time: a second SIGTERM, or a SIGHUP during the start, must not end us halfway.
  let reload = (): void => log.warn('not read again: the agent is starting');
  process.on('SIGHUP', () => reload());
  const stop = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(name));
  });
  const site = await openSite(config);
  for (const refusal of refusals(site)) log.warn(refusal);
  const machine = await openMachine(config, options);
  const engine = engineFor(machine, config, site.checks, { monotonicMs });
  const { runtimeDir } = machine;
  const asked = (some: Site, by: Config): Promise<AskedPlugins> =>
    askPlugins(some, { config: by, engine, machine, runtimeDir, context: 'continuous', keepStale: false });
  let plugins = await asked(site, config);
  const running = await startAgent({
    config,
    checks: site.checks,
    collectors: [...machine.collectors, ...plugins.collectors],
    plugins: plugins.state,
    host: machine.host,
    engine,
    node: machine.node,
    stateDir: machine.stateDir,
    runtimeDir,
    resumeKernelLog: machine.resumeKernelLog,
    injection: machine.injection,
    web,
    controlGid,
    systemd: createSystemd({ env: process.env, tools: machine.tools, log: (line) => log.warn(line) }),
    enforcement: () => readEnforcement(config.killSwitch),
    log,
    version: VERSION,
    reread: async () => {
      const next = await effective(options);
      warnOfExpired(next.config);
      const found = await openSite(next.config);
      for (const refusal of refusals(found)) log.warn(refusal);
      plugins = await asked(found, next.config);
      return {
        ...next,
        settings: settingsOf(next.config, found.checks),
        checks: found.checks,
        collectors: [...machine.collectors, ...plugins.collectors],
        plugins: plugins.state,
      };
    },
  }).catch(async (error: unknown) => {
    await machine.close();
    throw error;
  });
  if (options.mock !== undefined) {
    const places = `MUSTER_RUNTIME_DIR=${machine.runtimeDir} MUSTER_STATE_DIR=${machine.stateDir}`;
    process.stderr.write(
      `\n  SIMULATED MACHINE: ${options.mock}. No hardware is being checked.\n` +
        `  Break it while it runs: ${places} node dist/main.js control inject ib-down\n\n`,
    );
  }
  log.info({ node: config.nodeName, mock: options.mock ?? false }, `serving on ${running.url}`);

  reload = () => void running.reload();
  log.info({ signal: await stop }, 'stopping');
  // A tool or a disk in D state must not keep us: what has not ended by then is left to the supervisor.
  const giveUp = setTimeout(() => leaveNow(0), STOP_LIMIT_MS);
  const isKept = await running.stop();
  plugins.close();
  await machine.close();
  const isSaid = await flushed(STOP_LIMIT_MS);
  clearTimeout(giveUp);
  return leave(isKept && isSaid);
};
