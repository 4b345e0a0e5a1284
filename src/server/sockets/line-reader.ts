/** A line without its newline, or `too-long`, once, for one that does not fit. */
export type Line = Buffer | 'too-long';

/** Cuts a byte stream into lines and holds at most `maxBytes` of an unfinished one. */
export interface LineReader {
  /** Hands over each line that became complete; it is valid during the call only. */
  push(chunk: Buffer, onLine: (line: Line) => void): void;
  /** Bytes of the line that has no newline yet. */
  pendingBytes(): number;
}

const NEWLINE = 10;
const FIRST_BYTES = 256;

export const createLineReader = (maxBytes: number): LineReader => {
  // A copy: a view would keep the whole chunk of the socket alive for a few bytes.
  let held = Buffer.alloc(0);
  let length = 0;
  let skipping = false;

  const hold = (part: Buffer): void => {
    const total = length + part.length;
    if (total > held.length) {
      // Doubled, so that a sender of single bytes does not make us copy the line each time.
      const larger = Buffer.alloc(Math.min(maxBytes, Math.max(FIRST_BYTES, total * 2)));
      held.copy(larger, 0, 0, length);
      held = larger;
    }
    part.copy(held, length);
    length = total;
  };

  const lineEndingWith = (part: Buffer): Buffer => {
    if (length === 0) return part;
    hold(part);
    return held.subarray(0, length);
  };

  return {
    push: (chunk, onLine) => {
      for (let from = 0; from < chunk.length; ) {
        const newline = chunk.indexOf(NEWLINE, from);
        const isComplete = newline !== -1;
        const part = chunk.subarray(from, isComplete ? newline : chunk.length);
        from += part.length + 1;
        if (!skipping && length + part.length > maxBytes) {
          skipping = true;
          length = 0;
          onLine('too-long');
        }
        if (!skipping && isComplete) onLine(lineEndingWith(part));
        else if (!skipping) hold(part);
        if (!isComplete) return;
        skipping = false;
        length = 0;
      }
    },
    pendingBytes: () => length,
  };
};
