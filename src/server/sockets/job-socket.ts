import type { Socket } from 'node:net';
import type { StepTime } from '../../api.ts';
import { createTokenBucket, type TokenBucket } from '../token-bucket.ts';
import { refusalLine } from './answer-line.ts';
import { createLineReader, type Line } from './line-reader.ts';
import { type PostedStep, parseStep, STEP_SHAPE } from './step-line.ts';
import { type RunningSocket, startUnixServer } from './unix-server.ts';

/** Where accepted step times go; a `StepBook` is one. */
export interface StepSink {
  /** False where it has no room for them. */
  add(step: StepTime): boolean;
  refuse(reason: StepRefusal): void;
}

type LineRefusal = 'malformed' | 'too_long' | 'rate' | 'total_rate';
export type StepRefusal = LineRefusal | 'connections';

export interface JobSocketOptions {
  /** `muster-job.sock` in the runtime directory. */
  readonly path: string;
  readonly steps: StepSink;
  readonly log: (line: string) => void;
  /** Unix ms. */
  readonly now?: () => number;
  readonly limits?: Partial<JobLimits>;
}

export interface JobLimits {
  readonly connections: number;
  readonly lineBytes: number;
  /** A connection that says nothing for so long is closed. */
  readonly silentMs: number;
}

/** Jobs run as their users; whoever can write here can post step times and nothing else. */
const EVERYBODY = 0o666;

/** An hour: a checkpoint or an evaluation between two steps takes minutes. */
const LIMITS: JobLimits = { connections: 128, lineBytes: 1024, silentMs: 3_600_000 };

/** Eight ranks that share one connection at ten steps a second make 80 lines a second. */
const CONNECTION_RATE = { perSecond: 100, burst: 200 } as const;
/** Ten such jobs: more than a node has GPUs. */
const TOTAL_RATE = { perSecond: 1000, burst: 2000 } as const;
/**
 * What is dropped has been read. A flood must not buy our CPU: we read no faster than the longest lines at full rate
 * need, and the flooder's own writes block then. A line costs its bytes and as much as a short one has.
 */
const CONNECTION_COST = { perSecond: 120 * 1024, burst: 240 * 1024 } as const;
const LINE_COST = 100;
const ERRORS = { perSecond: 1, burst: 1 } as const;

const EXPLAINED: Readonly<Record<LineRefusal, string>> = {
  malformed: `a line is ${STEP_SHAPE}`,
  too_long: `a line has at most ${LIMITS.lineBytes} bytes`,
  rate: `${CONNECTION_RATE.perSecond} lines a second on a connection are the limit; the others are dropped`,
  total_rate: `${TOTAL_RATE.perSecond} lines a second on this node are the limit; the others are dropped`,
};
const NO_ROOM = 'there is no room for another rank of this job';

const serveJob = (options: Required<Omit<JobSocketOptions, 'limits'>>, limits: JobLimits) => {
  const { steps, now } = options;
  // Read once a chunk: a flood has thousands of lines in one.
  let chunkMs = performance.now();
  const bucket = (rate: { readonly perSecond: number; readonly burst: number }): TokenBucket =>
    createTokenBucket({ ...rate, nowMs: () => chunkMs });
  const total = bucket(TOTAL_RATE);

  return (socket: Socket): void => {
    const lines = createLineReader(limits.lineBytes);
    const own = bucket(CONNECTION_RATE);
    const cost = bucket(CONNECTION_COST);
    const errors = bucket(ERRORS);

    const explain = (error: string): void => {
      // Nobody has to read them: one that waits is enough.
      if (socket.writableLength === 0 && errors.take()) socket.write(refusalLine(error));
    };
    const refuse = (reason: LineRefusal): void => {
      steps.refuse(reason);
      explain(EXPLAINED[reason]);
    };
    /** What is over the rate is not even parsed. */
    const read = (line: Line): PostedStep | LineRefusal => {
      if (!own.take()) return 'rate';
      if (!total.take()) return 'total_rate';
      return line === 'too-long' ? 'too_long' : (parseStep(line.toString('utf8')) ?? 'malformed');
    };
    const take = (line: Line): void => {
      const step = read(line);
      if (typeof step === 'string') refuse(step);
      else if (!steps.add({ ...step, at: now() })) explain(NO_ROOM);
    };

    let resume: NodeJS.Timeout | undefined;
    socket.on('data', (chunk: Buffer) => {
      chunkMs = performance.now();
      let count = 0;
      lines.push(chunk, (line) => {
        count += 1;
        take(line);
      });
      cost.take(chunk.length + count * LINE_COST);
      const waitMs = cost.waitMs();
      if (waitMs === 0) return;
      socket.pause();
      resume = setTimeout(() => socket.resume(), waitMs);
    });
    socket.setTimeout(limits.silentMs, () => socket.destroy());
    socket.once('end', () => {
      if (lines.pendingBytes() > 0) refuse('malformed');
      socket.end();
    });
    socket.once('close', () => clearTimeout(resume));
  };
};

/** Takes step times, one a line, on as many connections as a node has ranks; bounded in every direction. */
export const startJobSocket = ({
  path,
  steps,
  log,
  now = Date.now,
  limits: own,
}: JobSocketOptions): Promise<RunningSocket> => {
  const limits = { ...LIMITS, ...own };
  return startUnixServer({
    path,
    mode: EVERYBODY,
    maxConnections: limits.connections,
    serve: serveJob({ path, steps, log, now }, limits),
    turnAway: () => {
      steps.refuse('connections');
      return refusalLine(`${limits.connections} connections are the limit; post several ranks over one`);
    },
    log,
  });
};
