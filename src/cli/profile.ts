import { writeFileSync } from 'node:fs';
import { checks } from '../../checks/index.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { runOneShot } from '../engine/one-shot.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { usageError } from '../errors.ts';
import { profileText } from './capture/profile-text.ts';
import { engineFor, type Machine, openMachine } from './machine.ts';
import type { MachineOptions } from './machine-options.ts';
import { VERSION } from './version.ts';
import { warn } from './warn.ts';

interface ProfileOptions extends MachineOptions {
  readonly from?: string;
  readonly id?: string;
  readonly output?: string;
}

/** Everything is asked once; rates are no part of a profile. */
const TIMEOUT_MS = 60_000;

const ID = /^[a-z0-9][a-z0-9.-]*$/;

/** A file that somebody may have worked on is not written over. */
const write = (file: string, text: string): void => {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(
      code === 'EEXIST'
        ? `${file} is there already; choose another path for -o, or remove it first`
        : `${file} cannot be written (${code}); choose another path for -o`,
    );
  }
};

type Observed = Pick<Machine, 'host' | 'abandoned' | 'node' | 'collectors'> & {
  readonly next?: () => Promise<boolean>;
  readonly close?: () => Promise<void>;
};

/** This machine, a simulated one, or a recorded one. */
const open = async (config: Config, { from, ...options }: ProfileOptions): Promise<Observed> => {
  if (from === undefined) return openMachine(config, options);
  const { openRecordingMachine } = await import('./recording.ts');
  const { machine, next } = await openRecordingMachine(from);
  return { ...machine, next };
};

const observe = async (config: Config, { collectors, next, close, ...machine }: Observed): Promise<Snapshot> => {
  try {
    return await runOneShot({
      engine: engineFor(machine, config, checks),
      checks,
      collectors,
      context: 'prejob',
      timeoutMs: TIMEOUT_MS,
      ...(next === undefined ? {} : { next }),
    });
  } finally {
    await close?.();
  }
};

/** Writes the machine profile of this machine; what it cannot vouch for goes to standard error and into comments. */
export const profile = async (action: string, options: ProfileOptions): Promise<number> => {
  if (action !== 'capture')
    throw usageError(`profile ${action}: there is only profile capture; explain profile ID prints one`);
  if (options.mock !== undefined && options.from !== undefined)
    throw usageError('--mock simulates a machine and --from reads a recording; keep one of the two');
  if (options.id !== undefined && !ID.test(options.id))
    throw usageError(`--id ${options.id}: lower case letters, digits, dots and hyphens`);
  const config = await loadConfig({
    env: process.env,
    checks,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const snapshot = await observe(config, await open(config, options));
  const captured = profileText(snapshot, {
    version: VERSION,
    siteProfiles: config.siteProfiles,
    ...(options.id === undefined ? {} : { id: options.id }),
  });
  if (options.output === undefined) process.stdout.write(captured.text);
  else write(options.output, captured.text);
  for (const text of captured.warnings) warn(text);
  return 0;
};
