import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../../..');
const SCRIPT = join(import.meta.dirname, 'namespace-init.sh');
const SYSTEMD = '/usr/lib/systemd/systemd';
/** Far above what any command needs; one that meets it has found a hang. */
const HANG_MS = 60_000;

export interface Said {
  readonly code: number | null;
  readonly said: string;
}

/** A machine of its own with systemd as PID 1, on the files of this one; what happens there stays there. */
export interface Namespace {
  run(command: string, ...args: readonly string[]): Said;
  /** Runs a script in a shell. */
  shell(script: string): Said;
  end(): Promise<void>;
}

interface Place {
  readonly work: string;
  readonly cgroup: string;
}

const newPlace = (): Place => {
  const work = mkdtempSync(join(tmpdir(), 'muster-systemd-'));
  return { work, cgroup: work.slice(work.lastIndexOf('/') + 1) };
};

// pdeathsig and --kill-child: however this process ends, the namespace ends with it.
const command = ({ work, cgroup }: Place, init: readonly string[]): readonly [string, readonly string[]] => [
  'setpriv',
  [
    ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child'],
    ...['bash', SCRIPT, work, cgroup, ROOT, process.execPath, ...init],
  ],
];

/** Removes what outlives the namespace; its cgroups are free once the last process is gone. */
const removePlace = async ({ work, cgroup }: Place): Promise<void> => {
  const script = 'mount -t cgroup2 cgroup2 "$1" && { [ ! -e "$1/$2" ] || find "$1/$2" -depth -type d -delete; }';
  const remove = () => spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', work, cgroup]).status === 0;
  for (let tries = 0; !remove() && tries < 50; tries += 1) await sleep(100);
  rmSync(work, { recursive: true, force: true });
};

/** Why no namespace can be made here; undefined when one can. */
export const whyNoNamespace = async (): Promise<string | undefined> => {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const place = newPlace();
  const [file, args] = command(place, ['test', '-x', SYSTEMD]);
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8', timeout: HANG_MS });
  await removePlace(place);
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split('\n').at(-1) || `${SYSTEMD} is not installed`);
};

const pidOf = (init: ChildProcess, log: () => string): Promise<string> =>
  new Promise((found, failed) => {
    const look = (): void => {
      const [, pid] = /^pid ([0-9]+)$/m.exec(log()) ?? [];
      if (pid !== undefined) found(pid);
    };
    init.stdout?.on('data', look);
    init.once('error', failed);
    init.once('exit', () => failed(new Error(`the namespace ended: ${log()}`)));
  });

/** Boots systemd and waits until it takes commands. */
export const bootSystemd = async (): Promise<Namespace> => {
  const place = newPlace();
  const [file, args] = command(place, [
    SYSTEMD,
    '--unit=multi-user.target',
    '--log-target=journal',
    '--show-status=no',
  ]);
  const init = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [init.stdout, init.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const pid = await pidOf(init, () => log);
  const run = (name: string, ...rest: readonly string[]): Said => {
    const into = ['--target', pid, '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', name, ...rest];
    const { status, stdout, stderr } = spawnSync('nsenter', into, { cwd: '/', encoding: 'utf8', timeout: HANG_MS });
    return { code: status, said: `${stdout}${stderr}` };
  };
  const end = async (): Promise<void> => {
    init.kill('SIGKILL');
    await removePlace(place);
  };
  // Entered before PID 1 has its own root, a command would run outside.
  const isUp = (): boolean =>
    run('sh', '-c', 'test -d /mnt/muster/deploy && systemctl is-active -q multi-user.target').code === 0;
  for (let waitedMs = 0; !isUp(); waitedMs += 100) {
    if (waitedMs > HANG_MS / 2 || init.exitCode !== null) {
      await end();
      throw new Error(`systemd does not start in the namespace: ${log}`);
    }
    await sleep(100);
  }
  return { run, shell: (script) => run('sh', '-euc', script), end };
};
