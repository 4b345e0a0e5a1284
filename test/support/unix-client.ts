import { connect, type Socket } from 'node:net';

/** What came back on a raw connection, and how it ended. */
export interface Conversation {
  readonly text: string;
  readonly error?: string;
}

/** Connects, lets the test write as it likes, and reads until the other side is done. */
export const converse = (path: string, use: (socket: Socket) => void): Promise<Conversation> =>
  new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    let text = '';
    let error: string | undefined;
    socket.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    socket.once('connect', () => use(socket));
    socket.on('error', (problem: NodeJS.ErrnoException) => {
      error = problem.code ?? problem.message;
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => resolve({ text, ...(error === undefined ? {} : { error }) }));
  });

/** One line out, one JSON line back. */
export const askLine = async (path: string, line: string | Buffer): Promise<unknown> =>
  JSON.parse((await converse(path, (socket) => socket.end(line))).text);

/** A connection that stays; rejects where it cannot be made. */
export const connected = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
