import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { noDState } from '../support/dstate.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const command = (file: string, ...args: readonly string[]): void => {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
};

/** Why no file system can be mounted here; `undefined` when it can. */
export const noDisks = noDState;

/** Why no power can be cut here. */
export const noPowerCut = (): string | undefined =>
  noDisks() ?? (spawnSync('python3', ['--version']).status === 0 ? undefined : 'needs python3');

const unmount = (path: string): void => {
  for (let i = 0; i < 50 && spawnSync('umount', [path]).status !== 0; i += 1) spawnSync('sleep', ['0.1']);
};

/** A file system in memory of this size; unmounted when the test ends. */
export const smallDisk = (
  kilobytes: number,
): { readonly path: string; readonly remount: (how: 'ro' | 'rw') => void } => {
  const path = join(temporaryDirectory(), 'disk');
  mkdirSync(path);
  command('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'muster-test', path);
  onTestFinished(() => unmount(path));
  return { path, remount: (how) => command('mount', '-o', `remount,${how}`, path) };
};

// FS_IOC_SHUTDOWN (include/uapi/linux/fs.h; ext4 and XFS) with NOLOGFLUSH: from now on nothing reaches the device.
const SHUT_DOWN =
  'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))';

export interface Ext4 {
  readonly path: string;
  freeze(): void;
  thaw(): void;
  /** What was not synced is gone, as after a loss of power; the file system is back, mounted again. */
  cutPower(): void;
}

/** An ext4 image; thawed and unmounted when the test ends. */
export const ext4Disk = (): Ext4 => {
  const directory = temporaryDirectory();
  const [image, path] = [join(directory, 'image'), join(directory, 'disk')];
  mkdirSync(path);
  const fd = openSync(image, 'w');
  ftruncateSync(fd, 32 << 20);
  closeSync(fd);
  command('mkfs.ext4', '-q', image);
  const mount = (): void => command('mount', '-o', 'loop', image, path);
  mount();
  let isFrozen = false;
  const thaw = (): void => {
    if (isFrozen) spawnSync('fsfreeze', ['--unfreeze', path]);
    isFrozen = false;
  };
  onTestFinished(() => {
    thaw();
    unmount(path);
  });
  return {
    path,
    freeze: () => {
      command('fsfreeze', '--freeze', path);
      isFrozen = true;
    },
    thaw,
    cutPower: () => {
      command('python3', '-c', SHUT_DOWN, path);
      unmount(path);
      mount();
    },
  };
};
