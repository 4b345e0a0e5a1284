import { stat } from 'node:fs/promises';

/** What tells one state of a file from the next; links are followed, since renewals often turn a link. */
const stateOf = async (file: string): Promise<string> => {
  try {
    const { mtimeMs, ctimeMs, size, ino, dev } = await stat(file);
    return [mtimeMs, ctimeMs, size, ino, dev].join(' ');
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
};

/** One text for the states of all files; it differs when one of them has changed. */
export const statesOf = async (files: readonly string[]): Promise<string> =>
  (await Promise.all(files.map(stateOf))).join('\n');
