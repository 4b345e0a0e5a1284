import { chmodSync, chownSync, lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { isMusterError } from '../../errors.ts';
import { publishSocket } from './publish.ts';
import { prepareRuntimeDirectory } from './runtime-directory.ts';
import { errorCode, socketError, systemSocketError } from './socket-error.ts';

export interface UnixServerOptions {
  /** In the runtime directory. */
  readonly path: string;
  readonly mode: number;
  /** The group of the socket; without it, the group of the process. */
  readonly gid?: number;
  readonly maxConnections: number;
  /** Errors of the socket are taken care of; it is destroyed on close. */
  readonly serve: (socket: Socket) => void;
  /** The last words to a connection that is one too many. */
  readonly turnAway: () => string;
  readonly log: (line: string) => void;
}

export interface RunningSocket {
  readonly path: string;
  /** Connections that are being served. */
  connections(): number;
  /** Ends every connection; removes the file only if it is still this socket. */
  close(): Promise<void>;
}

/** `sun_path` holds 108 bytes on Linux, 104 on macOS, with the final NUL (unix(7)); a longer one would be cut short. */
const MAX_PATH_BYTES = 103;
/** Beyond the limit: they are told so before they go. */
const TURNED_AWAY_AT_ONCE = 32;
const TURN_AWAY_MS = 1000;

const identityOf = (path: string): string => {
  try {
    const { dev, ino } = lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return 'none';
  }
};

const listen = (server: Server, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });

const giveTo = (file: string, gid: number, path: string): void => {
  try {
    chownSync(file, -1, gid);
  } catch (error) {
    // Without CAP_CHOWN, which the unit takes away, only a group that the process is in (chown(2)).
    if (errorCode(error) !== 'EPERM') throw error;
    throw socketError(
      path,
      `cannot be given to group ${gid}; put the agent into it: SupplementaryGroups=${gid} in the unit`,
    );
  }
};

/**
 * Listens in a directory that only we may enter (mkdtemp makes it 0700), so that the socket has its mode and group before
 * anybody can reach it. libuv removes the name that it bound when the server closes; the published one is ours.
 */
const listenAt = async (server: Server, { path, mode, gid }: UnixServerOptions): Promise<void> => {
  prepareRuntimeDirectory(dirname(path));
  const hidden = mkdtempSync(`${dirname(path)}/.`);
  try {
    const fresh = join(hidden, 's');
    await listen(server, fresh);
    if (gid !== undefined) giveTo(fresh, gid, path);
    chmodSync(fresh, mode);
    await publishSocket(fresh, path);
  } finally {
    rmSync(hidden, { recursive: true, force: true });
  }
};

/** Serves a unix socket. Rejects with one line where it cannot, or where another process already does. */
export const startUnixServer = async (options: UnixServerOptions): Promise<RunningSocket> => {
  const { path, maxConnections, serve, turnAway, log } = options;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw socketError(path, `is longer than the ${MAX_PATH_BYTES} bytes of a socket; choose a shorter runtime_dir`);

  const open = new Set<Socket>();
  let serving = 0;
  // Who sends a request and closes for writing still waits for the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    // A client that vanishes disturbs nobody.
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    if (serving < maxConnections) {
      serving += 1;
      socket.once('close', () => {
        serving -= 1;
      });
      serve(socket);
    } else {
      socket.resume().end(turnAway(), () => socket.destroy());
      socket.setTimeout(TURN_AWAY_MS, () => socket.destroy());
    }
  });
  server.maxConnections = maxConnections + TURNED_AWAY_AT_ONCE;

  try {
    await listenAt(server, options);
  } catch (error) {
    server.close();
    throw isMusterError(error) ? error : systemSocketError(path, error);
  }
  server.on('error', (error) => log(`${path}: ${error.message}`));
  const identity = identityOf(path);

  return {
    path,
    connections: () => serving,
    close: () =>
      new Promise((resolve) => {
        if (identityOf(path) === identity) rmSync(path, { force: true });
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
};
