import type { Socket } from 'node:net';
import { isMusterError } from '../../errors.ts';
import type { ControlAnswer, ControlHandlers, ControlVerb } from '../control-protocol.ts';
import { refusalLine } from './answer-line.ts';
import { parseRequest } from './control-request.ts';
import { createLineReader, type Line } from './line-reader.ts';
import { type RunningSocket, startUnixServer } from './unix-server.ts';

export interface ControlSocketOptions {
  /** `muster.sock` in the runtime directory. */
  readonly path: string;
  readonly handlers: ControlHandlers;
  readonly log: (line: string) => void;
  /** Whose members may use it besides root; without it, the group of the process. */
  readonly gid?: number;
  readonly limits?: Partial<ControlLimits>;
}

export interface ControlLimits {
  readonly connections: number;
  readonly requestBytes: number;
  /** From the connection to the end of the request line. */
  readonly requestMs: number;
  /** From the request to the answer. */
  readonly answerMs: Readonly<Record<ControlVerb, number>>;
  /** From the answer until the client has read it. */
  readonly readMs: number;
}

const ADMINISTRATION = 0o660;

/** Room for a person and some hooks; small for whoever connects and says nothing. */
const LIMITS: ControlLimits = {
  connections: 16,
  requestBytes: 64 * 1024,
  requestMs: 5000,
  answerMs: {
    verdict: 5000,
    reload: 10_000,
    // The slowest sources have 30 s, and those of a slow machine are asked two at a time.
    collect: 60_000,
    ack: 10_000,
    suppress: 10_000,
    unsuppress: 10_000,
    inject: 10_000,
    recover: 10_000,
  },
  readMs: 5000,
};

const errorOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return isMusterError(error) ? text : `unexpected: ${text.split('\n', 1)[0]}`;
};

/** The handler's answer within its time; a late one is forgotten. */
const answerWithin = async (verb: ControlVerb, ms: number, work: () => Promise<ControlAnswer>): Promise<string> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ControlAnswer>((resolve) => {
    const error = `${verb} has not ended after ${ms / 1000} s and goes on; see the agent's log`;
    timer = setTimeout(() => resolve({ ok: false, error }), ms);
  });
  try {
    return `${JSON.stringify(await Promise.race([work(), late]))}\n`;
  } finally {
    clearTimeout(timer);
  }
};

const serveOne =
  (handlers: ControlHandlers, limits: ControlLimits, log: (line: string) => void): ((socket: Socket) => void) =>
  (socket) => {
    const lines = createLineReader(limits.requestBytes);
    let asked = false;
    let timer = setTimeout(
      () => reply(refusalLine(`no request came within ${limits.requestMs / 1000} s`)),
      limits.requestMs,
    );
    socket.once('close', () => clearTimeout(timer));

    /** The first reply ends the conversation. */
    const reply = (line: string): void => {
      asked = true;
      clearTimeout(timer);
      if (socket.destroyed) return;
      // Nothing more is read; a client that does not read either is not waited for.
      socket.pause().end(line, () => socket.destroy());
      timer = setTimeout(() => socket.destroy(), limits.readMs);
    };

    const handle = async (line: string): Promise<void> => {
      const parsed = parseRequest(line);
      if (!parsed.ok) return reply(refusalLine(parsed.error));
      const { verb, request } = parsed;
      // The schema of the verb has made the request what this handler takes.
      const handler = handlers[verb] as (request: unknown) => ControlAnswer | Promise<ControlAnswer>;
      try {
        reply(await answerWithin(verb, limits.answerMs[verb], async () => handler(request)));
      } catch (error) {
        if (!isMusterError(error)) log(`control ${verb} failed: ${errorOf(error)}`);
        reply(refusalLine(errorOf(error)));
      }
    };

    const onLine = (line: Line): void => {
      if (asked) return;
      asked = true;
      socket.pause();
      clearTimeout(timer);
      if (line === 'too-long') reply(refusalLine(`a request has at most ${limits.requestBytes} bytes`));
      else void handle(line.toString('utf8'));
    };

    socket.on('data', (chunk: Buffer) => lines.push(chunk, onLine));
    socket.once('end', () => {
      if (!asked) reply(refusalLine('a request ends with a newline'));
    });
  };

/** Takes requests of the administration: one a connection, each bounded in size and time. */
export const startControlSocket = ({
  path,
  handlers,
  log,
  gid,
  limits: own,
}: ControlSocketOptions): Promise<RunningSocket> => {
  const limits = { ...LIMITS, ...own };
  return startUnixServer({
    path,
    mode: ADMINISTRATION,
    ...(gid === undefined ? {} : { gid }),
    maxConnections: limits.connections,
    serve: serveOne(handlers, limits, log),
    turnAway: () => refusalLine(`${limits.connections} requests at once are the limit; try again`),
    log,
  });
};
