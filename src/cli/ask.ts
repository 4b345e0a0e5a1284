import { checks } from '../../checks/index.ts';
import { loadConfig } from '../config/load.ts';
import { MusterError, usageError } from '../errors.ts';
import { printable } from '../report/printable.ts';
import type { ControlRequests, ControlVerb } from '../server/control-protocol.ts';
import { askDaemon } from './control-client.ts';

export interface AskOptions {
  readonly config?: string;
  readonly output: 'text' | 'json';
}

/** Done, refused by the daemon; "could not run" is what an error makes. */
const EXIT = { done: 0, refused: 1 } as const;

/** Somewhat more than the daemon gives itself, so that its own words arrive. */
const DEADLINE_MS = { collect: 65_000, other: 15_000 } as const;

/** Who says so: `--owner`, else the person behind sudo, else the user. */
export const ownerOf = (owner: string | undefined, env: Readonly<Record<string, string | undefined>>): string => {
  const name = owner ?? [env.SUDO_USER, env.USER].find((user) => user !== undefined && user !== '');
  if (name === undefined || name === '') throw usageError('nobody is named by SUDO_USER or USER; say who with --owner');
  return name;
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
  return answer.ok ? EXIT.done : EXIT.refused;
};
