import { MusterError } from '../errors.ts';

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; stop it, or choose another port with web.listen',
  EACCES: 'this user may not listen there; choose a port above 1023 with web.listen',
  EADDRNOTAVAIL: 'this machine does not have that address; correct web.listen',
  EINVAL: 'write web.listen as ADDRESS:PORT, such as 127.0.0.1:9780',
  ENOTFOUND: 'the name does not resolve; write web.listen with an address',
};

/** One line that says what to do; `code` is the operating system's. */
export const listenError = (code: string, listen: string): MusterError =>
  new MusterError('MUSTER_LISTEN', `listen ${code} ${listen}: ${WHAT_TO_DO[code] ?? 'check web.listen'}`);
