import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { MusterError, usageError } from '../errors.ts';
import { selfCommand } from '../host/self-command.ts';
import { EXIT_CODES } from '../report/exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const list = async (): Promise<number> => {
  const { describeMocks } = await import('../mock/help.ts');
  process.stdout.write(describeMocks());
  return 0;
};

/** Runs a command with the tools of a simulated machine first on PATH, and ends as the command ends. */
export const mock = async (spec: string | undefined, command: readonly string[]): Promise<number> => {
  if (spec === undefined) return list();
  const [file, ...args] = command;
  if (file === undefined) throw usageError(`what should run on ${spec}? muster mock ${spec} -- nvidia-smi`);
  const { startMock } = await import('../mock/session.ts');
  const started = await startMock({ spec, command: selfCommand(['mock-owner']) });
  if (!started.ok) throw new MusterError('MUSTER_MOCK', started.error);
  const session = started.value;
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...session.env } });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      process.stderr.write(`muster: ${file} cannot be started (${error.code}); check the command after --\n`);
      resolve(error.code === 'ENOENT' ? EXIT_CODES.mock.notFound : EXIT_CODES.mock.cannotBeExecuted);
    });
    child.on('exit', (status, signal) => resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  await session.stop();
  return code;
};
