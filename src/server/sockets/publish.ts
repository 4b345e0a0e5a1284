import { linkSync, lstatSync, rmSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { errorCode, socketError } from './socket-error.ts';

const PROBE_MS = 1000;
/** Each failure is another process that published or removed a socket in between. */
const ATTEMPTS = 3;

/** Whether no process has the socket open. What cannot be told, such as a full backlog, counts as somebody. */
const isDeserted = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const done = (deserted: boolean): void => {
      socket.destroy();
      resolve(deserted);
    };
    socket.setTimeout(PROBE_MS, () => done(false));
    socket.once('connect', () => done(false));
    // unix(7): nobody listens.
    socket.once('error', (error) => done(errorCode(error) === 'ECONNREFUSED'));
  });

const inUse = (path: string): Error =>
  socketError(path, 'another agent answers there; stop it, or give this one another runtime_dir');

/** False where the name is taken. */
const linked = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
};

/** Whether a dead process left its socket there; throws for what is not a socket. */
const isDead = async (path: string): Promise<boolean> => {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return false;
  if (!there.isSocket()) throw socketError(path, 'is in the way and is not a socket; move it elsewhere');
  return isDeserted(path);
};

/**
 * Gives a socket that already listens at `fresh` the name `path`, in one step, unless a living process has it. Several
 * agents may find the same dead socket: only the one whose own socket also has the name of the claim removes it, and looks
 * again before it does. A claim is a socket too, so that one whose process died is told from one that is held.
 */
export const publishSocket = async (fresh: string, path: string): Promise<void> => {
  const claim = join(dirname(path), `.${basename(path)}.claim`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (linked(fresh, path)) return;
    if (!(await isDead(path))) continue;
    if (linked(fresh, claim)) {
      try {
        if (await isDead(path)) unlinkSync(path);
        if (linked(fresh, path)) return;
      } finally {
        unlinkSync(claim);
      }
    } else if (await isDead(claim)) rmSync(claim, { force: true });
  }
  throw inUse(path);
};
