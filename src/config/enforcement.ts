import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Enforcement } from '../engine/snapshot.ts';

const KILL_SWITCH = '/etc/muster/disabled';
/** A reason is a line; a file that was put there by mistake may be anything. */
const MOST_BYTES = 512;

/** The file whose presence alone turns enforcement off on this node. */
export const killSwitchFile = (env: Readonly<Record<string, string | undefined>>): string =>
  env.MUSTER_DISABLED_FILE || KILL_SWITCH;

const firstLine = (file: string): string | undefined => {
  // Without O_NONBLOCK, opening a FIFO waits for a writer.
  const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(opened).isFile()) return undefined;
    const buffer = Buffer.alloc(MOST_BYTES);
    const text = buffer.toString('utf8', 0, readSync(opened, buffer));
    return text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim();
  } finally {
    closeSync(opened);
  }
};

/** A link that leads nowhere was put there all the same. */
const isLink = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/**
 * Whether verdicts are acted on here. What is there counts, whatever it is and whoever may read it; and a switch of which
 * nobody can tell whether it was pulled counts as pulled: whoever pulls it does so because enforcing harms, and to enforce
 * all the same cannot be taken back, while this is said aloud in every output.
 */
export const readEnforcement = (file: string): Enforcement => {
  try {
    return { enabled: false, reason: firstLine(file) ?? 'it gives no reason', file };
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException;
    if ((code === 'ENOENT' && !isLink(file)) || code === 'ENOTDIR') return { enabled: true };
    return { enabled: false, reason: `it cannot be read (${code}), which counts as pulled`, file };
  }
};
