import { absent, type Host, known, type N } from '../api.ts';
import { createNotifier } from './notifier.ts';

export interface SystemdOptions {
  /** Of the agent: systemd sets `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` (sd_notify(3), sd_watchdog_enabled(3)). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Makes what starts tools with these variables; called once, and not at all when no systemd listens. */
  readonly tools: (env: Readonly<Record<string, string>>) => Pick<Host, 'run'>;
  readonly log: (line: string) => void;
  readonly pid?: number;
}

/**
 * What the agent tells the systemd that started it. Every call settles within seconds and never throws, and does nothing
 * when no systemd listens.
 */
export interface Systemd {
  /** The agent serves, or goes on after `reloading`. */
  ready(status: string): Promise<void>;
  /** One line for `systemctl status`. */
  status(text: string): Promise<void>;
  /** The configuration is being read again; `ready` must follow. */
  reloading(): Promise<void>;
  stopping(): Promise<void>;
  /** To be called by the watchdog alone, which knows whether it is earned. */
  ping(): Promise<void>;
  /** The agent is killed when it does not ping for so long; absent when nobody waits for pings. */
  readonly watchdogPeriodMs: N;
}

const watchdogPeriodMs = (env: SystemdOptions['env'], pid: number): N => {
  const { WATCHDOG_USEC: period = '', WATCHDOG_PID: owner } = env;
  if (!/^[1-9][0-9]*$/.test(period)) return absent('unsupported', 'no WATCHDOG_USEC: no watchdog is set');
  // Inherited from a parent that is the one to ping.
  if (owner !== undefined && owner !== String(pid)) {
    return absent('unsupported', `WATCHDOG_PID=${owner}: the watchdog is another process's`);
  }
  return known(Number(period) / 1000);
};

export const createSystemd = ({ env, tools, log, pid = process.pid }: SystemdOptions): Systemd => {
  const { NOTIFY_SOCKET: socket = '' } = env;
  const notify = socket === '' ? async () => {} : createNotifier(tools({ NOTIFY_SOCKET: socket }), log);
  return {
    ready: (status) => notify({ phase: 'READY', status }),
    status: (status) => notify({ status }),
    reloading: () => notify({ phase: 'RELOADING' }),
    stopping: () => notify({ phase: 'STOPPING' }),
    ping: () => notify({ isAlive: true }),
    watchdogPeriodMs: socket === '' ? absent('unsupported', 'no NOTIFY_SOCKET') : watchdogPeriodMs(env, pid),
  };
};
