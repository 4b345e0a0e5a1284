import { absent, known, type Reading } from '../../api.ts';
import { openTextFile } from './text-file.ts';

export interface NumberedLine {
  readonly line: number;
  readonly text: string;
}

const CHUNK_BYTES = 256 * 1024;

/** Goes through the lines of a text file that are not empty; also through a last one that is not ended. */
export const eachLine = async (path: string, take: (line: NumberedLine) => void): Promise<Reading<number>> => {
  const opened = await openTextFile(path, CHUNK_BYTES, { keepsUnendedLine: true });
  if (!opened.ok) return opened;
  const file = opened.value;
  let line = 0;
  try {
    for (;;) {
      const next = await file.next();
      if (next === undefined) return known(line);
      if (!next.ok) return next;
      const lines = next.value.split('\n');
      if (lines.at(-1) === '') lines.pop();
      for (const text of lines) {
        line += 1;
        if (text.trim() !== '') take({ line, text });
      }
    }
  } catch (error) {
    return absent('failed', `${path} cannot be read (${String(error)})`);
  } finally {
    await file.close();
  }
};
