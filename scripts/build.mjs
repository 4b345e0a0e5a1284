// Two builds from one entry: ESM with a bundle for each verb, and one CommonJS file for a single executable.

import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'dist');
const fresh = `${out}.new-${process.pid}`;
mkdirSync(fresh, { recursive: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  // Less text to read at start; names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};

// Some dependencies are CommonJS and call require() for Node's own modules.
const requireShim =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
// node-cron reads import.meta.url when it loads; in a CommonJS bundle there is none.
const metaShim = "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;";

// Node spends milliseconds on every file that it loads, and a prolog calls one verb: each is a bundle by itself, with
// chunks for what it loads only sometimes.
const PROGRAM = 'src/cli/program.ts';
const verbs = [...readFileSync(join(root, PROGRAM), 'utf8').matchAll(/import\('\.\/([a-z-]+)\.ts'\)/g)].map(
  ([, verb]) => verb,
);
const verbsApart = {
  name: 'verbs-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.\// }, ({ kind, path, importer }) =>
      kind === 'dynamic-import' && importer === join(root, PROGRAM)
        ? { path: path.replace('./', './verbs/').replace('.ts', '.js'), external: true }
        : undefined,
    );
  },
};

const esm = (entry, name) =>
  build({
    ...common,
    entryPoints: [{ in: entry, out: name }],
    format: 'esm',
    splitting: true,
    outdir: fresh,
    chunkNames: `chunks/${name.replace('/', '-')}-[name]-[hash]`,
    banner: { js: requireShim },
    plugins: [verbsApart],
  });

/** What the author of a plugin imports: types, and nothing that runs. */
const declarations = async () => {
  const options = '--ignoreConfig --declaration --emitDeclarationOnly --strict --target ES2023 --module NodeNext';
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [...options.split(' '), '--allowImportingTsExtensions', '--types', '', '--outDir', join(fresh, 'api')];
  await promisify(execFile)(process.execPath, [tsc, join(root, 'src/api.ts'), ...args]).catch((error) => {
    process.stderr.write(error.stdout || `${error}\n`);
    throw error;
  });
};

try {
  await Promise.all([
    declarations(),
    esm('src/main.ts', 'main'),
    ...verbs.map((verb) => esm(`src/cli/${verb}.ts`, `verbs/${verb}`)),
    ...[
      ['src/generate.ts', 'generate'],
      ['test/bench/bench.ts', 'bench'],
      ['test/evaluation/run.ts', 'bench-stragglers'],
      ['test/fleet/run.ts', 'bench-fleet'],
    ]
      .filter(([file]) => existsSync(join(root, file)))
      .map(([file, name]) => esm(file, name)),
    build({
      ...common,
      entryPoints: ['src/main.ts'],
      format: 'cjs',
      outfile: join(fresh, 'muster.cjs'),
      define: { 'import.meta.url': '__importMetaUrl' },
      banner: { js: metaShim },
    }),
  ]);
} catch {
  // esbuild has printed what is wrong.
  rmSync(fresh, { recursive: true, force: true });
  process.exit(1);
}
chmodSync(join(fresh, 'main.js'), 0o755);
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);
