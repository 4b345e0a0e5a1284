import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ChaosCase } from '../chaos-case.ts';

const LINK_ERRORS = 'network/link-errors';

/** The machine's /sys as it stood: its owner would put back each counter that it moves. */
const copyOf = (sysfsRoot: string, dir: string): string => {
  const copy = join(dir, 'sys');
  cpSync(sysfsRoot, copy, { recursive: true });
  return copy;
};

const counters = (sys: string, device: string): string => join(sys, 'class/infiniband', device, 'ports/1/counters');

/**
 * A FIFO in the place of an attribute: as with a device whose firmware is gone, it can be opened and a read of it does
 * not return. The end that is held open here is what lets it be opened.
 */
const block = (file: string): (() => void) => {
  const text = readFileSync(file);
  rmSync(file);
  if (spawnSync('mkfifo', [file]).status !== 0) throw new Error(`mkfifo ${file} failed`);
  const end = openSync(file, 'r+');
  return () => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    closeSync(end);
  };
};

const blocking = (devices: readonly string[], more: Partial<ChaosCase>): ChaosCase => ({
  name: `sysfs blocks for ${devices.length} of 10 NICs`,
  seconds: { short: 14, full: 120 },
  breaks: ['infiniband'],
  blinds: [LINK_ERRORS],
  prepare: ({ bench, dir }) => ({ env: { MUSTER_SYSFS_ROOT: copyOf(bench.machine.sysfsRoot, dir) } }),
  inflict: ({ dir }) => {
    const mends = devices.map((device) => block(join(counters(join(dir, 'sys'), device), 'symbol_error')));
    return async () => {
      for (const mend of mends) mend();
    };
  },
  ...more,
});

/** Files that are listed and then are not there, and others that come and go ten times a second. */
const vanishing: ChaosCase = {
  name: 'sysfs files vanish between list and read',
  seconds: { short: 14, full: 120 },
  breaks: ['infiniband'],
  blinds: [],
  prepare: ({ bench, dir }) => ({ env: { MUSTER_SYSFS_ROOT: copyOf(bench.machine.sysfsRoot, dir) } }),
  inflict: ({ dir }) => {
    const dangling = counters(join(dir, 'sys'), 'mlx5_1');
    const kept = `${dangling}.kept`;
    cpSync(dangling, kept, { recursive: true });
    for (const name of readdirSync(dangling)) {
      rmSync(join(dangling, name));
      symlinkSync('/nothing', join(dangling, name));
    }
    const fickle = counters(join(dir, 'sys'), 'mlx5_3');
    let isThere = true;
    const flip = (): void => {
      renameSync(isThere ? fickle : `${fickle}.away`, isThere ? `${fickle}.away` : fickle);
      isThere = !isThere;
    };
    const timer = setInterval(flip, 50);
    return async () => {
      clearInterval(timer);
      if (!isThere) flip();
      rmSync(dangling, { recursive: true });
      renameSync(kept, dangling);
    };
  },
};

/** As many as the systemd unit gives the agent (UV_THREADPOOL_SIZE); Node by itself has 4. */
const THREADS = '16';
const withThreads: ChaosCase['prepare'] = ({ bench, dir }) => ({
  env: { MUSTER_SYSFS_ROOT: copyOf(bench.machine.sysfsRoot, dir), UV_THREADPOOL_SIZE: THREADS },
});

export const sysfsCases: readonly ChaosCase[] = [
  blocking(['mlx5_1'], {}),
  // Two of four threads are stuck then; the rest is kept for the event store, and no file is read any more.
  blocking(['mlx5_1', 'mlx5_4'], { breaks: ['infiniband', 'pci', 'hwmon', 'driver-module'] }),
  blocking(['mlx5_1', 'mlx5_3', 'mlx5_4', 'mlx5_6'], { prepare: withThreads }),
  vanishing,
];
