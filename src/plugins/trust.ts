import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { untrusted, untrustedWay } from '../config/trusted-file.ts';

/**
 * Why a file must not be loaded or run, in one line; nothing where only root and this process's user can have written
 * it. `inside`: a directory that its links must not leave.
 */
export const distrusted = (file: string, o: { readonly inside?: string } = {}): string | undefined => {
  try {
    const real = realpathSync(file);
    if (o.inside !== undefined && dirname(real) !== realpathSync(o.inside))
      return `${file}: is a link that leaves ${o.inside}${sep}; copy the file there`;
    if (!statSync(real).isFile()) return `${file}: is not a file`;
    // A link can be exchanged by whoever may write the directory that it is in.
    return untrusted(real) ?? untrustedWay(real) ?? (real === file ? undefined : untrustedWay(file));
  } catch (error) {
    return `${file}: cannot be looked at (${(error as NodeJS.ErrnoException).code})`;
  }
};

/** The same for what is run. */
export const distrustedExecutable = (file: string): string | undefined => {
  const problem = distrusted(file);
  if (problem !== undefined) return problem;
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    return `${file}: may not be executed (${(error as NodeJS.ErrnoException).code}); run chmod +x ${file}`;
  }
};
