import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
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
  const { uid, mode } = statSync(directory);
  const ownUid = process.getuid?.() ?? uid;
  if (uid !== 0 && uid !== ownUid)
    throw socketError(directory, `belongs to uid ${uid}, who could replace the sockets; chown it to uid ${ownUid}`);
  if ((mode & 0o002) !== 0) throw socketError(directory, 'anybody could replace the sockets in it; chmod it to 755');
};
