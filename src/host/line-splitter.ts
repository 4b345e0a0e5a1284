import { StringDecoder } from 'node:string_decoder';

/** Cuts a byte stream into lines; a line that is never finished does not grow without bound. */
export interface LineSplitter {
  /** The lines that became complete; `undefined` when one is longer than allowed. */
  push(chunk: Buffer): readonly string[] | undefined;
  /** What is left without a newline. */
  rest(): string;
}

export const lineSplitter = (maxLength: number): LineSplitter => {
  const decoder = new StringDecoder('utf8');
  let partial = '';
  return {
    push: (chunk) => {
      const lines = (partial + decoder.write(chunk)).split('\n');
      partial = lines.pop() ?? '';
      if (partial.length > maxLength || lines.some((line) => line.length > maxLength)) return undefined;
      return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
    },
    rest: () => partial,
  };
};
