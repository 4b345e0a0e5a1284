import { userInfo } from 'node:os';
import { checks } from '../../checks/index.ts';
import { loadConfig } from '../config/load.ts';
import { MusterError, usageError } from '../errors.ts';
import { EXIT_CODES } from '../report/exit-codes.ts';
import { printable } from '../report/printable.ts';
import type { ControlRequests, ControlVerb } from '../server/control-protocol.ts';
import { askDaemon } from './control-client.ts';

export interface AskOptions {
  readonly config?: string;
  readonly output: 'text' | 'json';
}

/** Somewhat more than the daemon gives itself, so that its own words arrive. */
const DEADLINE_MS = { collect: 65_000, other: 15_000 } as const;

const isSaid = (text: string | undefined): text is string => text !== undefined && text.trim() !== '';

/** The name of the account; nothing where the user has none, as in many containers. */
export const accountName = (): string | undefined => {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
};

/** Who says so: `--owner`, else the person behind sudo, else the user. `kubectl exec`, cron and systemd set no USER. */
export const ownerOf = (
  owner: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  account: () => string | undefined = accountName,
): string => {
  const name = owner ?? [env.SUDO_USER, env.USER, env.LOGNAME].find(isSaid) ?? account();
  if (!isSaid(name))
    throw usageError('neither SUDO_USER, USER, LOGNAME nor the account has a name; say who with --owner');
  return name;
};

/** The reason as given; an empty one would be no record. `wanted` says what it is about. */
export const reasonOf = (reason: string, wanted: string): string => {
  if (!isSaid(reason)) throw usageError(`--reason is empty; say ${wanted}`);
  return reason;
};

/** Asks the daemon, prints its answer, and returns the exit code. `done` is said where the daemon has no words of its own. */
export const ask = async <V extends ControlVerb>(
  verb: V,
  request: ControlRequests[V],
  { config: file, output }: AskOptions,
  done: string,
): Promise<number> => {
  const config = await loadConfig({ env: process.env, checks, ...(file === undefined ? {} : { file }) });
  const deadlineMs = verb === 'collect' ? DEADLINE_MS.collect : DEADLINE_MS.other;
  const asked = await askDaemon(config.runtimeDir, verb, request, { deadlineMs });
  if (!asked.reached) throw new MusterError('MUSTER_DAEMON', asked.message);
  const { answer } = asked;
  if (output === 'json') process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
  else if (answer.ok) process.stdout.write(`${printable(String(answer.message ?? done))}\n`);
  else process.stderr.write(`muster: the agent refused: ${printable(answer.error)}\n`);
  return answer.ok ? EXIT_CODES.ask.done : EXIT_CODES.ask.refused;
};
