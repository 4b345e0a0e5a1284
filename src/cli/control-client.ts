import { connect } from 'node:net';
import { join } from 'node:path';
import type { Snapshot } from '../engine/snapshot.ts';
import {
  CONTROL_SOCKET,
  type ControlAnswer,
  type ControlRequests,
  type ControlVerb,
} from '../server/control-protocol.ts';
import { directoryProblem } from '../server/sockets/directory-problem.ts';

/** Why nobody could be asked, with one line for people. */
export interface Unreached {
  readonly reached: false;
  readonly why: 'no-daemon' | 'denied' | 'no-answer' | 'garbage';
  readonly message: string;
}
export type Asked = { readonly reached: true; readonly answer: ControlAnswer } | Unreached;

/** The judgements of a whole node are some hundred kilobytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const unreached = (why: Unreached['why'], message: string): Unreached => ({ reached: false, why, message });

/** Which group may use the socket: its name if it has one here. */
const whoMayUse = async (path: string): Promise<string> => {
  const [{ statSync }, { groupName }] = await Promise.all([import('node:fs'), import('../host/groups.ts')]);
  try {
    const { gid } = statSync(path);
    return `run as root or as a member of group ${groupName(gid) ?? gid}`;
  } catch {
    // The directory cannot be entered either.
    return 'run as root';
  }
};

const connectProblem = async (path: string, error: NodeJS.ErrnoException): Promise<Unreached> => {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ECONNREFUSED':
      return unreached(
        'no-daemon',
        `no muster agent answers at ${path}; start it, or set MUSTER_RUNTIME_DIR to its runtime directory`,
      );
    case 'EACCES':
    case 'EPERM':
      return unreached('denied', `permission denied for ${path}; ${await whoMayUse(path)}`);
    case 'EAGAIN':
      return unreached('no-answer', `the muster agent at ${path} takes no more connections; is it stopped?`);
    default:
      return unreached(
        'no-daemon',
        `${path} cannot be used (${error.code ?? error.message}); is a muster agent running?`,
      );
  }
};

const readAnswer = (path: string, text: string): Asked => {
  try {
    const answer: unknown = JSON.parse(text);
    const { ok, error } = (answer ?? {}) as { ok?: unknown; error?: unknown };
    if (ok === true || (ok === false && typeof error === 'string'))
      return { reached: true, answer: answer as ControlAnswer };
  } catch {
    // Said below.
  }
  return unreached('garbage', `what answers at ${path} is not a muster agent of this version; restart the agent`);
};

/** Asks the daemon one thing. Never throws and never takes longer than the deadline. */
export const askDaemon = <V extends ControlVerb>(
  runtimeDir: string,
  verb: V,
  request: ControlRequests[V],
  { deadlineMs }: { readonly deadlineMs: number },
): Promise<Asked> => {
  const path = join(runtimeDir, CONTROL_SOCKET);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const socket = connect(path);
    const done = (asked: Asked | Promise<Asked>): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(asked);
    };
    const timer = setTimeout(() => {
      const message = `the muster agent at ${path} has not answered within ${deadlineMs / 1000} s; is it stopped or busy?`;
      done(unreached('no-answer', message));
    }, deadlineMs);
    socket.once('connect', () => socket.write(`${JSON.stringify({ verb, ...request })}\n`));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      const isWhole = chunk.includes('\n');
      if (isWhole || bytes > MAX_ANSWER_BYTES)
        done(readAnswer(path, isWhole ? Buffer.concat(chunks).toString('utf8') : ''));
    });
    // Also after an error of a connection that was there: the agent ended meanwhile.
    socket.once('end', () =>
      done(
        bytes > 0
          ? readAnswer(path, Buffer.concat(chunks).toString('utf8'))
          : unreached('no-answer', `the muster agent at ${path} ended before it answered; ask again`),
      ),
    );
    socket.on('error', (error: NodeJS.ErrnoException) =>
      done(
        error.code === 'ECONNRESET' || error.code === 'EPIPE'
          ? unreached('no-answer', `the muster agent at ${path} ended before it answered; ask again`)
          : connectProblem(path, error),
      ),
    );
  });
};

export type AskedVerdict =
  | { readonly reached: true; readonly snapshot: Snapshot; readonly ageSeconds: number }
  | { readonly reached: false; readonly message: string };

/** A verdict is believed only where nobody but root and we could have put the socket. */
const foreignDirectory = (runtimeDir: string): string | undefined => {
  try {
    const problem = directoryProblem(runtimeDir);
    return problem === undefined ? undefined : `${runtimeDir} ${problem}`;
  } catch {
    // It is not there: asking says so.
    return undefined;
  }
};

/** The daemon's judgements whose oldest required fact is at most so old, or one line that says why there are none. */
export const askVerdict = async (
  runtimeDir: string,
  {
    maxAgeSeconds,
    deadlineMs,
    readings = false,
  }: { readonly maxAgeSeconds: number; readonly deadlineMs: number; readonly readings?: boolean },
): Promise<AskedVerdict> => {
  const foreign = foreignDirectory(runtimeDir);
  if (foreign !== undefined) return { reached: false, message: foreign };
  const request = { max_age_seconds: maxAgeSeconds, ...(readings ? { readings } : {}) };
  const asked = await askDaemon(runtimeDir, 'verdict', request, { deadlineMs });
  if (!asked.reached) return asked;
  if (!asked.answer.ok) return { reached: false, message: `the muster agent has no verdict: ${asked.answer.error}` };
  const { snapshot, age_seconds: ageSeconds } = asked.answer as { snapshot?: Snapshot; age_seconds?: unknown };
  if (!Array.isArray(snapshot?.checks) || typeof ageSeconds !== 'number')
    return { reached: false, message: 'the muster agent answers in another version; restart it' };
  return { reached: true, snapshot, ageSeconds };
};
