import { statSync } from 'node:fs';

/** Why a socket in this directory may be somebody else's, and what to do; nothing where it can only be root's or ours. */
export const directoryProblem = (directory: string): string | undefined => {
  const { uid, mode } = statSync(directory);
  const ownUid = process.getuid?.() ?? uid;
  if (uid !== 0 && uid !== ownUid)
    return `belongs to uid ${uid}, who could replace the sockets; chown it to uid ${ownUid}`;
  return (mode & 0o002) === 0 ? undefined : 'anybody could replace the sockets in it; chmod it to 755';
};
