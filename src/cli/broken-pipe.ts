import { EXIT_CODES } from '../report/exit-codes.ts';
import { leaveStuck } from './leave.ts';

const leave = (code: number): never => {
  leaveStuck(code);
  return process.exit(code);
};

/**
 * Ends quietly when whoever reads standard output has left, as `head` does, with the code of a program that SIGPIPE
 * ends: Node ignores that signal and would print a stack trace instead. Not with 0, which of `validate` says ready.
 * What stderr can no longer say decides nothing, so that an agent outlives the reader of its log.
 */
export const endOnBrokenPipe = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return leave(EXIT_CODES.signal.SIGPIPE);
    process.stderr.write(`muster: standard output cannot be written (${error.code}); check where it goes\n`);
    return leave(EXIT_CODES.validate.couldNotRun);
  });
  process.stderr.on('error', () => undefined);
};
