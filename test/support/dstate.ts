import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const succeeds = (file: string, args: readonly string[]): boolean => spawnSync(file, args).status === 0;

/** Why no process can be put into D state here; `undefined` when it can. */
export const noDState = (): string | undefined => {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['mkfs.ext4', 'fsfreeze', 'losetup', 'mount'].find(
    (tool) => !succeeds('sh', ['-c', `command -v ${tool}`]),
  );
  if (missing !== undefined) return `needs ${missing}`;
  return existsSync('/dev/loop-control') ? undefined : 'needs loop devices';
};

export interface FrozenDirectory {
  /** Creating a file below it sleeps in the kernel, beyond the reach of SIGKILL, until the thaw. */
  readonly path: string;
  thaw(): void;
}

/** A file system of its own that can be frozen; `close` thaws and unmounts it. */
export interface FreezableDisk extends FrozenDirectory {
  freeze(): void;
  close(): void;
}

/** An ext4 image, mounted below a directory that goes with it. */
export const openFreezableDisk = (): FreezableDisk => {
  const directory = mkdtempSync(join(tmpdir(), 'muster-frozen-'));
  const image = join(directory, 'image');
  const path = join(directory, 'mnt');
  mkdirSync(path);
  const fd = openSync(image, 'w');
  ftruncateSync(fd, 16 << 20);
  closeSync(fd);
  if (!succeeds('mkfs.ext4', ['-q', image])) throw new Error(`mkfs.ext4 ${image} failed`);
  if (!succeeds('mount', ['-o', 'loop', image, path])) throw new Error(`mount ${image} failed`);
  let isFrozen = false;
  const thaw = (): void => {
    if (isFrozen) spawnSync('fsfreeze', ['--unfreeze', path]);
    isFrozen = false;
  };
  return {
    path,
    freeze: () => {
      isFrozen = succeeds('fsfreeze', ['--freeze', path]);
      if (!isFrozen) throw new Error(`fsfreeze ${path} failed`);
    },
    thaw,
    close: () => {
      thaw();
      for (let i = 0; i < 50 && !succeeds('umount', [path]); i += 1) spawnSync('sleep', ['0.1']);
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

// Before the test's own timeout, after which nobody would thaw.
const tooLong = (): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error('still waiting in the frozen directory')), 20_000).unref();
  });

/** Runs `use` with a directory on a frozen ext4 image; thaws and unmounts it whatever happens. */
export const withFrozenDirectory = async (use: (frozen: FrozenDirectory) => Promise<void>): Promise<void> => {
  const disk = openFreezableDisk();
  try {
    disk.freeze();
    await Promise.race([use(disk), tooLong()]);
  } finally {
    disk.close();
  }
};

const stateOf = (pid: number): string => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2)[0] ?? '';
  } catch {
    return '';
  }
};

/** Starts a process that sleeps in the kernel below `frozen`; resolves with its pid once it does. */
export const startStuckProcess = async (frozen: FrozenDirectory): Promise<number> => {
  const child = spawn('touch', [join(frozen.path, 'stuck')], { stdio: 'ignore' });
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error('touch cannot be started');
  while (stateOf(pid) !== 'D') await new Promise((resolve) => setTimeout(resolve, 10));
  return pid;
};
