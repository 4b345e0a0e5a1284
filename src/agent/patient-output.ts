import { write } from 'node:fs';

/** Some thousand lines: what comes while whoever reads us does not. */
const MAX_BYTES = 1 << 20;
const RETRY_MS = 100;

/**
 * Lines that go out one write at a time, on a thread of the pool: a journal that hangs or a pipe that nobody reads costs
 * lines, never the event loop. What a crash has to say Node writes itself.
 */
export interface PatientOutput {
  /** Never blocks and never throws. */
  write(text: string): void;
  /** True when everything is out; false when it is not by the deadline. */
  flushed(deadlineMs: number): Promise<boolean>;
}

export const createPatientOutput = (fd: number, maxBytes = MAX_BYTES): PatientOutput => {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let dropped = 0;
  let isBusy = false;
  let onDrained: (() => void)[] = [];

  const takeWaiting = (): Buffer => {
    const lines = waiting;
    waiting = [];
    if (dropped > 0) lines.push(Buffer.from(`${dropped} lines were left out: nobody took them\n`));
    dropped = 0;
    return Buffer.concat(lines);
  };

  const advance = (): void => {
    if (isBusy) return;
    const text = takeWaiting();
    if (text.length === 0) {
      const drained = onDrained;
      onDrained = [];
      for (const done of drained) done();
      return;
    }
    isBusy = true;
    bytes = text.length;
    write(fd, text, (error, written) => {
      isBusy = false;
      const isFullPipe = error?.code === 'EAGAIN';
      // Whatever else is wrong with it will not get better by saying the same again.
      const rest = error === null ? text.subarray(written) : isFullPipe ? text : Buffer.alloc(0);
      bytes += rest.length - text.length;
      if (rest.length > 0) waiting.unshift(rest);
      if (isFullPipe) setTimeout(advance, RETRY_MS).unref();
      else advance();
    });
  };

  return {
    write: (text) => {
      const line = Buffer.from(text);
      if (bytes + line.length > maxBytes) dropped += 1;
      else {
        waiting.push(line);
        bytes += line.length;
      }
      advance();
    },
    flushed: (deadlineMs) =>
      new Promise((resolve) => {
        setTimeout(() => resolve(false), deadlineMs).unref();
        onDrained.push(() => resolve(true));
        advance();
      }),
  };
};
