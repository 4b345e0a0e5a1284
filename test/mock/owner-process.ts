import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');

/** Node 20 cannot run TypeScript: the owner is bundled into a file of its own, as the build does for the real entry. */
export const bundleOwner = async (): Promise<{ readonly file: string; readonly args: readonly string[] }> => {
  const outfile = join(mkdtempSync(join(tmpdir(), 'muster-owner-')), 'owner.mjs');
  await build({
    stdin: {
      contents:
        "import { runOwnerFromArgs } from './src/mock/owner.ts'; process.exitCode = await runOwnerFromArgs(process.argv.slice(2));",
      resolveDir: ROOT,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return { file: process.execPath, args: [outfile] };
};

/** Waits for a state of the world; the test's own time limit ends a wait in vain. */
export const until = async (reached: () => boolean): Promise<void> => {
  while (!reached()) await new Promise((next) => setTimeout(next, 25));
};
