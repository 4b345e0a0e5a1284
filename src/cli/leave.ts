import { stuckReads } from '../host/stuck-reads.ts';

/** Replaces the process, from Node 22.15 on (nodejs.org/api/process.html); a thread that is asleep in the kernel ends with it. */
type Execve = (file: string, args: readonly string[]) => never;

/** Says what is stuck and leaves, where something is. */
export const leaveStuck = (code: number): void => {
  if (stuckReads.size === 0) return;
  process.stderr.write(`muster: leaving although ${[...stuckReads].join(' and ')} cannot be read to the end\n`);
  leaveNow(code);
};

/**
 * Ends the process although a thread is stuck in the kernel, with the tools that it started. Where Node can replace
 * itself the exit code stays; elsewhere only SIGKILL ends it, and its 137 is as little a "ready" as the UNKNOWN that a
 * stuck read has made.
 */
export const leaveNow = (code: number): void => {
  // What listens to the exit ends the tools that still run.
  process.emit('exit', code);
  const { execve } = process as { execve?: Execve };
  try {
    execve?.('/bin/sh', ['sh', '-c', `exit ${code}`]);
  } catch {
    // No shell, or no permission to execute it.
  }
  process.kill(process.pid, 'SIGKILL');
};
