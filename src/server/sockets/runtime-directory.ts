import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { directoryProblem } from './directory-problem.ts';
import { errorCode, socketError } from './socket-error.ts';

/** One level after the other: mkdir with `recursive` never returns below /proc (Node 20). */
const makeDirectory = (directory: string): void => {
  if (existsSync(directory)) return;
  if (dirname(directory) !== directory) makeDirectory(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    // Somebody else made it meanwhile.
    if (errorCode(error) === 'EEXIST') return;
    throw error;
  }
  // Whatever the umask is: jobs of other users must reach the job socket.
  chmodSync(directory, 0o755);
};

/**
 * Makes the directory (0755) if it is missing. Throws for one in which somebody else could put another socket in the
 * place of ours.
 */
export const prepareRuntimeDirectory = (directory: string): void => {
  makeDirectory(directory);
  const problem = directoryProblem(directory);
  if (problem !== undefined) throw socketError(directory, problem);
};
