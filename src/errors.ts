/**
 * The coded errors. Only usage and configuration throw; what fails on the host is a value, an absence.
 * A message says in one line what happened, where, and what to do.
 */
export const ERROR_CODES = {
  MUSTER_USAGE: 'the command line cannot be understood',
  MUSTER_CONFIG: 'the configuration cannot be used',
  MUSTER_MOCK: 'the simulated machine cannot be made',
  MUSTER_RECORDING: 'the recording cannot be read or written',
  MUSTER_LISTEN: 'the web address cannot be used',
  MUSTER_SOCKET: 'a socket cannot be made in the runtime directory',
  MUSTER_DAEMON: 'the daemon cannot be asked',
  MUSTER_PROMETHEUS: 'the Prometheus cannot be asked',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Ends the program with exit code 2 and its message as the only line. */
export class MusterError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'MusterError';
    this.code = code;
  }
}

/** By its code, not its class: each verb is a bundle with a class of its own. */
export const isMusterError = (error: unknown): error is MusterError =>
  error instanceof Error && String((error as { code?: unknown }).code) in ERROR_CODES;

export const usageError = (message: string): MusterError => new MusterError('MUSTER_USAGE', message);
export const configError = (message: string): MusterError => new MusterError('MUSTER_CONFIG', message);
