import { isSea } from 'node:sea';

/** What a way of starting this program depends on. */
export interface OwnProcess {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly singleExecutable: boolean;
}

const thisProcess = (): OwnProcess => ({
  execPath: process.execPath,
  argv: process.argv,
  execArgv: process.execArgv,
  singleExecutable: isSea(),
});

/** The command that starts our own entry again: a single executable is its own entry, a bundle needs Node and its path. */
export const selfCommand = (
  args: readonly string[],
  self: OwnProcess = thisProcess(),
): { readonly file: string; readonly args: readonly string[] } => {
  const entry = self.argv[1];
  if (self.singleExecutable || entry === undefined) return { file: self.execPath, args };
  // Two processes cannot listen on one debugger port.
  const nodeOptions = self.execArgv.filter((option) => !option.startsWith('--inspect'));
  return { file: self.execPath, args: [...nodeOptions, entry, ...args] };
};
