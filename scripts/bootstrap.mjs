// Sets a fresh clone up and runs one task in it. Needs Node's core only, since nothing is installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lockDir = join(root, '.cache', 'setup.lock');
const installedStamp = join(root, 'node_modules', '.muster-installed');
const builtStamp = join(root, 'dist', '.muster-built');

const fail = (message) => {
  process.stderr.write(`muster: ${message}\n`);
  process.exit(1);
};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node ${process.versions.node} is too old; install Node 20.19 or later`);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** `npm start` and `npm test` may run at once: one sets up, the other waits. A lock whose owner is gone is taken over. */
const withLock = async (work) => {
  mkdirSync(dirname(lockDir), { recursive: true });
  const owner = join(lockDir, 'pid');
  for (let told = false; ; ) {
    try {
      mkdirSync(lockDir);
      writeFileSync(owner, String(process.pid));
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const pid = existsSync(owner) ? Number(readFileSync(owner, 'utf8')) : 0;
      const age = Date.now() - (existsSync(lockDir) ? statSync(lockDir).mtimeMs : Date.now());
      if (pid > 0 ? !alive(pid) : age > 5000) {
        rmSync(lockDir, { recursive: true, force: true });
        continue;
      }
      if (!told) process.stderr.write('muster: another run is setting up; waiting\n');
      told = true;
      await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lockDir, { recursive: true, force: true });
  }
};

const hashOf = (files) => {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
};

const filesBelow = (directory) =>
  readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort();

const stampIs = (file, value) => existsSync(file) && readFileSync(file, 'utf8') === value;

const run = (file, args, env = {}) => {
  const { status, signal, error } = spawnSync(file, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (error) fail(`${file} could not be started: ${error.message}`);
  return status ?? (signal ? 1 : 0);
};

const setUp = () =>
  withLock(() => {
    const lockHash = hashOf(['package-lock.json']);
    if (!stampIs(installedStamp, lockHash)) {
      process.stderr.write('muster: installing the dependencies (once)\n');
      // NODE_ENV=production would leave out what the build needs.
      const status = run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
        NODE_ENV: 'development',
      });
      if (status !== 0) fail('npm ci failed; see its message above');
      writeFileSync(installedStamp, lockHash);
    }
    const sourceHash = hashOf([
      'package.json',
      'package-lock.json',
      'scripts/build.mjs',
      ...filesBelow('src'),
      ...filesBelow('checks'),
    ]);
    if (!stampIs(builtStamp, sourceHash)) {
      const status = run(process.execPath, ['scripts/build.mjs']);
      if (status !== 0) fail('the build failed; see its message above');
      writeFileSync(builtStamp, sourceHash);
    }
  });

/** Hands the terminal to a long-lived child and ends as it ends. */
const become = (args) => {
  // Room for files that hang; Node reads it when it starts (docs/architecture.md).
  const env = { UV_THREADPOOL_SIZE: '16', ...process.env };
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
};

const onPath = (tool) =>
  (process.env.PATH ?? '').split(':').some((directory) => directory !== '' && existsSync(join(directory, tool)));

const bin = (name) => join(root, 'node_modules', '.bin', name);

const tasks = {
  start: (args) => {
    const simulated = onPath('nvidia-smi') || args.includes('--mock') ? [] : ['--mock', 'hgx-h100-8'];
    become(['dist/main.js', 'agent', ...simulated, ...args]);
  },
  test: (args) => {
    const vitest = () =>
      run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], { NODE_ENV: 'test' });
    if (args.length > 0) process.exit(vitest());
    const steps = [
      ['lint', () => run(bin('biome'), ['ci', '.'])],
      ['types', () => run(bin('tsc'), ['-p', 'tsconfig.json'])],
      ['generated pages', () => run(process.execPath, ['dist/generate.js', '--check'])],
      ['tests', vitest],
    ];
    const failed = steps.filter(([, step]) => step() !== 0).map(([name]) => name);
    if (failed.length > 0) fail(`failed: ${failed.join(', ')}`);
  },
  soak: (args) => {
    const env = { NODE_ENV: 'test', MUSTER_SOAK_MINUTES: process.env.MUSTER_SOAK_MINUTES ?? '40' };
    process.exit(run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/soak', ...args], env));
  },
  bench: (args) => process.exit(run(process.execPath, ['dist/bench.js', ...args])),
  'bench:stragglers': (args) => process.exit(run(process.execPath, ['dist/bench-stragglers.js', ...args])),
  'bench:fleet': (args) => process.exit(run(process.execPath, ['dist/bench-fleet.js', ...args])),
};

const [name, ...args] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) fail(`unknown task ${name}; use one of ${Object.keys(tasks).join(', ')}`);
await setUp();
task(args);
